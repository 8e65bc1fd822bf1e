"""What a programme declares in `schemas/`: models, and their loader. Knows no data."""

from impact_pipeline.declarations.collection import Collection, Repeat
from impact_pipeline.declarations.common import Reference, Text
from impact_pipeline.declarations.composite_index import CompositeIndex
from impact_pipeline.declarations.condition import ConditionAnalysis
from impact_pipeline.declarations.deprivation import Deprivation
from impact_pipeline.declarations.expressions import Expression
from impact_pipeline.declarations.indicator import Indicator
from impact_pipeline.declarations.instrument import Dimension, FieldDeclaration, Instrument
from impact_pipeline.declarations.literature import LiteratureEffect, LiteratureReference
from impact_pipeline.declarations.loader import MODELS, Schemas, load_mapping, load_schemas
from impact_pipeline.declarations.mapping import IGNORED, ColumnMapping, Decision
from impact_pipeline.declarations.programme import CodeItem, CodeList, Initiative, Programme
from impact_pipeline.declarations.rules import History, Rule
from impact_pipeline.declarations.scale import Band, Scale, ScaleItem, Score
from impact_pipeline.declarations.study import Judgement, Outcome, Study
from impact_pipeline.declarations.synthesis_question import SynthesisQuestion
from impact_pipeline.declarations.target import Target
from impact_pipeline.declarations.weighting import Margin, Weighting

__all__ = [
    "IGNORED",
    "MODELS",
    "Band",
    "CodeItem",
    "CodeList",
    "Collection",
    "ColumnMapping",
    "CompositeIndex",
    "ConditionAnalysis",
    "Decision",
    "Deprivation",
    "Dimension",
    "Expression",
    "FieldDeclaration",
    "History",
    "Indicator",
    "Initiative",
    "Instrument",
    "Judgement",
    "LiteratureEffect",
    "LiteratureReference",
    "Margin",
    "Outcome",
    "Programme",
    "Reference",
    "Repeat",
    "Rule",
    "Scale",
    "ScaleItem",
    "Schemas",
    "Score",
    "Study",
    "SynthesisQuestion",
    "Target",
    "Text",
    "Weighting",
    "load_mapping",
    "load_schemas",
]
