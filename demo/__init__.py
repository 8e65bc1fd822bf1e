"""Synthetic files as field actors would send them, for three initiatives: `python -m demo.generate`.

Everything here is invented. `residents`, `cafes`, `youth` and `pole` draw records from populations whose true values
are known; `sendings` says which file each organisation sends and what goes wrong in it; `files` writes them in the
formats that people use; `generate` puts it all in `data/raw/demo/`, with the true values in `demo/truth.yaml`.
"""
