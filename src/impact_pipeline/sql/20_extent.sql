-- How far the observations of an indicator reach in an initiative: what the scales of exact sums are chosen from.
-- reads  : observation(indicator, initiative, record, value, base), measure(indicator, instrument),
--          sampled(record, cell, weight), cell(cell, instrument, initiative)
with heaviest as (
    select c.instrument, c.initiative, max(s.weight) as weight
    from sampled s
    join cell c on c.cell = s.cell
    group by c.instrument, c.initiative
),
reach as (
    select indicator, initiative, min(value) as lowest, max(value) as highest, max(abs(base)) as base
    from observation
    group by indicator, initiative
)
select r.indicator, r.initiative, m.estimator, r.lowest, r.highest, coalesce(r.base, 0) as base, h.weight
from reach r
join measure m on m.indicator = r.indicator
join heaviest h on h.instrument = m.instrument and h.initiative = r.initiative
