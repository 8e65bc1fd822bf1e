-- Drawn records alike in all that a weighting looks at: how they ended, their categories, their declared weight.
-- reads  : drawn_record(record, instrument, initiative, wave, ended, told, weight)
-- groups are numbered in the order of what they are, so that the same records give the same numbers
with alike as (
    select instrument, initiative, wave, ended, told, weight, count(*) as records
    from drawn_record
    group by instrument, initiative, wave, ended, told, weight
)
select row_number() over (order by instrument nulls last, initiative nulls last, wave nulls last, ended nulls last,
                                   told nulls last, weight nulls last) as number,
       instrument, initiative, wave, ended, told, weight, records
from alike
