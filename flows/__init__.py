"""Prefect only: thin flows over `impact_pipeline.pipeline`, one module a deployment. No arithmetic, no frames.

Tasks are coarse (a batch of submissions, a build, a publication) and pass names between them; what was already
checked is found again by content in the warehouse, so that a retried or repeated task costs nothing.
"""
