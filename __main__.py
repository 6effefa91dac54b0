"""`python -m mechmentor` is the command `mechmentor`."""

from .app.cli.main import main

if __name__ == "__main__":
    main()
