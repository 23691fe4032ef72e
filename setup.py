"""Everything static is in pyproject.toml; here only the extension module and its wheel tag."""

import sysconfig

from setuptools import setup

# One wheel for every Python from 3.11 on. A build without the GIL gets one of its own: it takes no abi3 module.
HAS_GIL = not sysconfig.get_config_var("Py_GIL_DISABLED")

setup(
    cffi_modules=["csrc/binding/build_native.py:ffi"],
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if HAS_GIL else {},
)
