"""From a declaration to what is derived of it: types, pandera schema, SQL checks, workbook, codebook, JSON Schema.

Each module makes one rendering out of an instrument. None opens a file or a connection, and none reads data: bytes,
texts and schema objects go out.
"""
