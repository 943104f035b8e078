"""What the wrapper of the installed ansible-core gets from hosts with an old PowerShell."""

from __future__ import annotations

import base64
from importlib import resources
from types import SimpleNamespace

import pytest
from legacyops_lab import wrapper


def bootstrap() -> str:
    return (
        resources.files("ansible.executor.powershell").joinpath("bootstrap_wrapper.ps1").read_text()
    )


def nested(script: str) -> str:
    encoded = base64.b64encode(script.encode("utf-16-le")).decode()
    return f"PowerShell -NoProfile -NonInteractive -EncodedCommand {encoded}"


@pytest.mark.parametrize("form", [str, nested])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_an_old_powershell_says_no(form: type[str], version: str) -> None:
    found = wrapper.answer(form(bootstrap()), SimpleNamespace(powershell=version))
    assert found is not None
    out, error, code = found
    assert out.startswith(b'{"failed":true,"msg":"Ansible requires PowerShell v')
    assert (error, code) == (b"", 1)


def test_a_new_powershell_runs_the_module_which_the_lab_cannot() -> None:
    assert wrapper.answer(bootstrap(), SimpleNamespace(powershell="5.1")) is None
    assert wrapper.answer(bootstrap(), SimpleNamespace(powershell=None)) is None


def test_other_texts_are_not_the_wrapper() -> None:
    host = SimpleNamespace(powershell="2.0")
    assert wrapper.answer("hostname", host) is None
    assert wrapper.answer(nested("hostname"), host) is None
    assert wrapper.answer("Remove-Item x\n" * 50 + bootstrap(), host) is None
