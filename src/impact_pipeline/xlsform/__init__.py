"""From an XLSForm to an instrument and its code lists: what it carries as declarations, and the list of what it cannot.

The bytes of a form come in; YAML texts and a list of what was left, place by place, go out. Nothing is written here,
and no data is read.
"""

from impact_pipeline.xlsform.carried import Left, carry
from impact_pipeline.xlsform.form import Form, read_form
from impact_pipeline.xlsform.written import Written, tell, write

__all__ = ["Form", "Left", "Written", "carry", "read_form", "tell", "write"]
