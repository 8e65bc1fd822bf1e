"""Synthesis: effects of several studies come in, what they say together goes out. No table, no declaration, no file."""
