"""The cffi module of csrc/binding; only _core.py imports it, and gives its values types."""

from typing import Any

ffi: Any
lib: Any
