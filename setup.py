"""Everything static is in pyproject.toml; here only the extension module and its wheel tag."""

from setuptools import setup

setup(
    cffi_modules=["csrc/binding/build_native.py:ffi"],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
