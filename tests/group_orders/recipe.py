"""The recipe of docs/group-orders.md, as it stands there."""

import re
from collections.abc import Callable
from typing import Any

from tests.support.served import ROOT

PAGE = (ROOT / "docs" / "group-orders.md").read_text()


def recipe() -> Callable[[dict[str, Any]], list[str]]:
    """What the page has everybody run over the answer of the public route."""
    (script,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(script, names)
    return names["faults"]  # type: ignore[no-any-return]


faults_of = recipe()
