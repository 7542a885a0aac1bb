"""Why a plan is as it is: candidates, reasons, and what no plan can serve."""

from slicewise.planning.explaining.grouped_reasons import (
    NearestMiss,
    candidate_place,
    grouped,
    nearest_miss,
    place_in_words,
)
from slicewise.planning.explaining.judged_candidates import Candidate, Verdict, candidate_to_dict, candidates
from slicewise.planning.explaining.never_served import prospects
from slicewise.planning.explaining.rejections import Rejections
from slicewise.planning.explaining.remedy_lacking import NoRemedy, NoRemedyCode, no_remedy

__all__ = [
    "Candidate",
    "NearestMiss",
    "NoRemedy",
    "NoRemedyCode",
    "Rejections",
    "Verdict",
    "candidate_place",
    "candidate_to_dict",
    "candidates",
    "grouped",
    "nearest_miss",
    "no_remedy",
    "place_in_words",
    "prospects",
]
