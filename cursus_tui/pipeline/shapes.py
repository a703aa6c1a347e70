"""Shapes of the files that users bring: plain dataclasses that a parsed value is read into.

What fits a shape exactly is read here. Everything else is put to pydantic, which converts it or says what is wrong:
its import takes longer than all else that a pipeline's first picture needs, and a sound file does not need it.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, TypeVar, Union, dataclass_transform, get_args, get_origin, get_type_hints

Shape = TypeVar("Shape")
Reader = Callable[[Any], Any]

FORBID_OTHERS = {"extra": "forbid"}
"""As a shape's ``__pydantic_config__``: fields that it does not name are refused, not ignored."""


@dataclass_transform(kw_only_default=True, field_specifiers=(dataclasses.field,))
def shape(cls: type[Shape]) -> type[Shape]:
    """A dataclass with nothing but its fields: the methods that are not made make importing it three times as fast."""
    return dataclasses.dataclass(kw_only=True, eq=False, repr=False)(cls)


@dataclasses.dataclass(frozen=True)
class Before:
    """In ``Annotated``: converts a value before it is looked at. A ``ValueError`` of it refuses the value."""

    convert: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        """How pydantic is told."""
        from pydantic_core import core_schema

        return core_schema.no_info_before_validator_function(self.convert, handler(source))


def read_shape(kind: type[Shape], value: Any) -> Shape:
    """A value as an object of a shape.

    Raises:
        pydantic.ValidationError: It does not fit.
    """
    try:
        read: Shape = _reader(kind)(value)  # type: ignore[arg-type]  # a type is Hashable
    except ValueError:
        from pydantic import TypeAdapter

        read = TypeAdapter(kind).validate_python(value)
    return read


@lru_cache(maxsize=256)
def _reader(kind: Any) -> Reader:
    """What reads a value that fits a type exactly, and raises ``ValueError`` for one that does not.

    Raises:
        TypeError: Shapes are not made of this type.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return lambda value: value
    if dataclasses.is_dataclass(kind):
        return _object(kind)
    if origin is Annotated:
        return _converted(_reader(arguments[0]), arguments[1:])
    if origin in (Union, types.UnionType):
        return _either([_reader(each) for each in arguments])
    if origin is dict and arguments[0] is str:
        return _mapping(_reader(arguments[1]))
    if origin is list or (origin is tuple and arguments[-1] is Ellipsis):
        return _items(_reader(arguments[0]), origin)
    if origin is tuple:
        return _fixed([_reader(each) for each in arguments])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return lambda value: kind(_exactly(str)(value))
    if kind in (str, int, float, bool, types.NoneType):
        return _exactly(kind)
    raise TypeError(f"no shape is made of {kind}")


def _exactly(kind: type) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise ValueError
        return value

    return read


def _converted(read: Reader, marks: tuple[Any, ...]) -> Reader:
    for mark in marks:
        if not isinstance(mark, Before):
            raise TypeError(f"no shape is marked with {mark}")
        read = _after(mark.convert, read)
    return read


def _after(convert: Reader, read: Reader) -> Reader:
    return lambda value: read(convert(value))


def _either(readers: list[Reader]) -> Reader:
    def read(value: Any) -> Any:
        for each in readers:
            try:
                return each(value)
            except ValueError:
                continue
        raise ValueError

    return read


def _mapping(item: Reader) -> Reader:
    key = _exactly(str)
    is_dict = _exactly(dict)
    return lambda value: {key(name): item(each) for name, each in is_dict(value).items()}


def _items(item: Reader, kind: type) -> Reader:
    is_list = _exactly(list)
    return lambda value: kind([item(each) for each in is_list(value)])


def _fixed(readers: list[Reader]) -> Reader:
    is_list = _exactly(list)
    return lambda value: tuple(read(each) for read, each in zip(readers, is_list(value), strict=True))


def _object(kind: Any) -> Reader:
    hints = get_type_hints(kind, include_extras=True)
    fields = {field.name: _reader(hints[field.name]) for field in dataclasses.fields(kind)}
    missing = dataclasses.MISSING
    required = {
        field.name
        for field in dataclasses.fields(kind)
        if field.default is missing and field.default_factory is missing
    }
    closed = getattr(kind, "__pydantic_config__", None) == FORBID_OTHERS
    is_dict = _exactly(dict)

    def read(value: Any) -> Any:
        is_dict(value)
        if not required <= value.keys() or (closed and not value.keys() <= fields.keys()):
            raise ValueError
        return kind(**{name: item(value[name]) for name, item in fields.items() if name in value})

    return read
