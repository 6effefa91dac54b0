"""The tool contract: one declaration from which every face of a tool is made.

A tool is a function `(need, args) -> Result[Data]` under `@tool`. `need` says by its type what the
caller supplies (a `Workbench`, a `Ledger`), `args` is a frozen pydantic model, the return
annotation names the type of the data and whether a control is required. Errors that a language
model can mend are raised as `Refusal` and reach it as a `Failure`; everything else is a bug and
stays an exception.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar, get_type_hints, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny

from .views import View

Access = Literal["chat", "target", "base"]
ACCESS_ORDER: dict[str, int] = {"chat": 0, "target": 1, "base": 2}

Code = Literal[
    "bad_args", "unknown_handle", "no_base", "no_access", "over_budget", "model_limit", "numerical"
]


class Frozen(BaseModel):
    """A value object: no extra fields, no mutation."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Args(Frozen):
    """Arguments of a tool. Every field has a description, bounds and a default for any model."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def canonical(args: Args) -> str:
    """Canonical JSON of arguments: sorted keys, defaults included."""
    import json

    return json.dumps(args.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)


class Data(Frozen):
    """The typed numbers that a tool returns."""


class Control(Frozen):
    """The same measurement where the effect should be absent.

    Attributes:
        what: One sentence: what was measured as the control.
        numbers: Named figures of the control, in the unit of the result's own figures.
        beyond: Whether the result lies outside the control; None where the question has no sense.
        absent: Why there is no control; None when there is one.
    """

    what: str
    numbers: dict[str, float | None] = Field(default_factory=dict)
    beyond: bool | None = None
    absent: str | None = None

    @classmethod
    def none(cls, why: str) -> "Control":
        """State that no control makes sense here, and why."""
        return cls(what="no control", absent=why)


class Cost(Frozen):
    """What a call has cost. An unknown cost is None, never 0.

    Attributes:
        calls: Tool calls booked.
        tokens: Tokens that passed through a model forward, padding included.
        seconds: Wall-clock seconds.
        dollars: US dollars; None when unknown.
    """

    calls: int = 1
    tokens: int = 0
    seconds: float = 0.0
    dollars: float | None = 0.0


class Handle(Frozen):
    """A named tensor, such as `dir:7` made by E7; a language model never sees the tensor.

    Attributes:
        name: Kind and experiment number, `dir:7`.
        shape: The tensor's shape.
        model: sha256 of the model that it was made from.
        sha256: Hash of the safetensors file that holds it.
    """

    name: str
    shape: tuple[int, ...]
    model: str
    sha256: str


D = TypeVar("D", bound=Data)


class OpenData(Data):
    """Data of any shape: for readers of a tape that do not load the tool."""

    model_config = ConfigDict(extra="allow", frozen=True)


_Meta: Any = type(BaseModel)  # its name is private to pydantic


class _ByData(_Meta):  # type: ignore[misc]
    """Makes a result an instance of `Result[LensData]` when its data is a `LensData`."""

    def __instancecheck__(cls, instance: Any) -> bool:  # noqa: N805
        meta = getattr(cls, "__pydantic_generic_metadata__", None) or {}
        if not meta.get("args"):
            return bool(super().__instancecheck__(instance))
        kind = meta["args"][0]
        return isinstance(instance, meta["origin"]) and (
            kind is Any or not isinstance(kind, type) or isinstance(instance.data, kind)
        )


class Result(BaseModel, Generic[D], metaclass=_ByData):
    """What a tool returns: a sentence to act on, typed data, a control, a picture.

    Attributes:
        summary: One or two sentences.
        data: The tool's own typed data.
        control: The control, where the tool carries one.
        handles: Tensors that were kept.
        warnings: What the reader must know before believing the numbers.
        view: The picture, as data.
        cost: Filled by the runner.
        cached: True when the numbers came from the result cache (charged at full price).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    summary: str
    data: SerializeAsAny[D]
    control: Control | None = None
    handles: list[Handle] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    view: View | None = None
    cost: Cost = Field(default_factory=Cost)
    cached: bool = False

    def __str__(self) -> str:
        """The result as terminal text, picture included."""
        from .view import result_text

        return result_text(self)

    def _repr_html_(self) -> str:
        from .view import result_html

        return result_html(self)


class WhiteBox(Result[D], Generic[D]):  # type: ignore[metaclass]
    """A result that looked inside a model: its control is required by type."""

    control: Control


class Failure(Frozen):
    """An error that the caller can mend, as a value.

    Attributes:
        code: One of the closed list of codes.
        message: What is wrong.
        hint: What to do instead, with a correct example.
    """

    code: Code
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """One line: code, message, hint."""
        return f"{self.code}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class Refusal(Exception):
    """Raised inside a tool to return a `Failure` to whoever called it."""

    def __init__(self, code: Code, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.failure = Failure(code=code, message=message, hint=hint)


class Message(Frozen):
    """One turn of a conversation with a language model."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple["ToolCall", ...] = ()
    tool_call_id: str | None = None


class ToolCall(Frozen):
    """A call that a language model asked for; `arguments` is the raw JSON text."""

    id: str
    name: str
    arguments: str


class Usage(Frozen):
    """Tokens and dollars of one reply; None where the provider did not say."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    dollars: float | None = None


class Reply(Frozen):
    """What a language model answered."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage = Field(default_factory=Usage)
    model: str = ""
    finish: Literal["stop", "tool_calls", "length", "refusal", "empty"] = "stop"


@runtime_checkable
class Chat(Protocol):
    """A language model that answers messages and may call tools."""

    model: str

    def complete(
        self,
        messages: list[Message],
        tools: list[dict[str, Any]] | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """Answer `messages`; stream text to `on_text` as it arrives."""
        ...


@dataclass(frozen=True)
class Tool:
    """A declared tool: what the catalogue, the schema, the CLI and the docs are made from."""

    name: str
    function: Callable[..., Result[Any]]
    args: type[Args]
    data: type[Data]
    need: type
    access: Access
    version: int
    white_box: bool
    summary: str
    doc: str
    misleads: str = ""
    example: dict[str, Any] = field(default_factory=dict)

    def schema(self) -> dict[str, Any]:
        """The function schema for language models (the subset that all providers accept)."""
        return {
            "type": "function",
            "function": {
                "name": self.name,
                "description": self.doc,
                "parameters": plain_schema(self.args),
            },
        }

    def __call__(self, need: Any, args: Args) -> Result[Any]:
        """Run the bare function, without meter, cache or validation."""
        return self.function(need, args)


def tool(
    *, access: Access = "target", version: int = 1, example: dict[str, Any] | None = None
) -> Callable[[Callable[..., Result[Any]]], Tool]:
    """Declare a tool.

    Args:
        access: The least access that the tool needs.
        version: Raised whenever the tool's numbers change, so that caches and tapes notice.
        example: Arguments that show it; needed where a field has no default.

    Returns:
        A decorator that turns `(need, args) -> Result[Data]` into a `Tool`.

    Raises:
        TypeError: If the signature is not of that form.
    """

    def declare(function: Callable[..., Result[Any]]) -> Tool:
        hints = get_type_hints(function)
        params = list(inspect.signature(function).parameters)
        returned = hints.get("return")
        meta = getattr(returned, "__pydantic_generic_metadata__", None) or {}
        if len(params) != 2 or not meta.get("args"):
            raise TypeError(f"{function.__name__}: a tool is (need, args) -> Result[Data]")
        doc = inspect.cleandoc(function.__doc__ or "")
        if not doc:
            raise TypeError(f"{function.__name__}: a tool needs a docstring")
        return Tool(
            name=function.__name__,
            function=function,
            args=hints[params[1]],
            data=meta["args"][0],
            need=hints[params[0]],
            access=access,
            version=version,
            white_box=issubclass(meta["origin"], WhiteBox),
            summary=doc.splitlines()[0],
            doc=re.split(r"\n\s*(?:Misleads|Args|Returns|Raises):", doc)[0].strip(),
            misleads=_section(doc, "Misleads"),
            example=example or {},
        )

    return declare


def _section(doc: str, name: str) -> str:
    """The text of one section of a docstring, on one line; empty where there is none."""
    found = re.search(rf"\n{name}:\n((?: +.*\n?)+)", doc)
    return " ".join(found[1].split()) if found else ""


_DROP = {"title", "default", "examples", "exclusiveMinimum", "exclusiveMaximum", "pattern", "const"}


def plain_schema(model: type[BaseModel]) -> dict[str, Any]:
    """A JSON schema without `$ref`, `anyOf` with null, titles and other things providers refuse.

    Bounds and defaults are moved into the description, so that nothing is lost to the reader.
    """
    raw = model.model_json_schema()
    plain: dict[str, Any] = _plain(raw, raw.get("$defs", {}))
    return plain


def _plain(node: Any, defs: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_plain(item, defs) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        rest = {k: v for k, v in node.items() if k != "$ref"}
        return _plain({**defs[node["$ref"].rsplit("/", 1)[1]], **rest}, defs)
    for union in ("anyOf", "oneOf"):
        options = [o for o in node.get(union, []) if o.get("type") != "null"]
        if options and len(options) == 1:
            rest = {k: v for k, v in node.items() if k != union}
            return _plain({**options[0], **rest}, defs)
        if options:
            return _plain(_merged([_resolved(o, defs) for o in options], node), defs)
    notes = []
    if "default" in node and node["default"] is not None and node.get("type") != "object":
        notes.append(f"default {node['default']!r}")
    if "exclusiveMinimum" in node:
        notes.append(f"above {node['exclusiveMinimum']}")
    if "exclusiveMaximum" in node:
        notes.append(f"below {node['exclusiveMaximum']}")
    out: dict[str, Any] = {}
    for key, value in node.items():
        if key == "const":
            out["enum"] = [value]
        elif key == "properties":
            out[key] = {name: _plain(prop, defs) for name, prop in value.items()}
        elif key not in _DROP and key != "$defs":
            out[key] = _plain(value, defs)
    if notes:
        out["description"] = f"{out.get('description', '')} ({', '.join(notes)})".strip()
    if out.get("type") == "object":
        out.pop("description", None)
        out["additionalProperties"] = False
    return out


def _resolved(node: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = defs[node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else node
    return found


def _merged(options: list[dict[str, Any]], node: dict[str, Any]) -> dict[str, Any]:
    """A union as one object, since many providers refuse unions; each field says whose it is."""
    if any(o.get("type") != "object" for o in options):
        return {**options[0], "description": node.get("description", "")}
    properties: dict[str, Any] = {}
    owners: dict[str, list[str]] = {}
    tags: dict[str, list[str]] = {}
    for option in options:
        for name, prop in option["properties"].items():
            values = [prop["const"]] if "const" in prop else prop.get("enum")
            if values:
                tags.setdefault(name, []).extend(values)
        tag = "/".join(v for p in option["properties"].values() for v in _tag(p))
        for name, prop in option["properties"].items():
            properties.setdefault(name, prop)
            owners.setdefault(name, []).append(tag)
    for name, prop in properties.items():
        if name in tags:
            properties[name] = {"type": "string", "enum": tags[name], "description": "Which kind"}
        elif len(owners[name]) < len(options) and "$ref" not in prop:
            words = f"{prop.get('description', '')} [only for {', '.join(owners[name])}]"
            properties[name] = {**prop, "description": words.strip()}
    return {"type": "object", "properties": properties, "required": list(tags)}


def _tag(prop: dict[str, Any]) -> list[str]:
    return [prop["const"]] if "const" in prop else list(prop.get("enum", []))
