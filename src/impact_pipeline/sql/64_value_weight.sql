-- Weight of each distinct value of an indicator that asks for a quantile, in each cell.
-- reads  : observation(indicator, initiative, record, value), measure(indicator, estimator), sampled(record, cell, weight),
--          quantum(indicator, initiative, w_scale)
--   n, w, ww   records, and sums of the weight and of its square (in quanta, exact)
with weighted as (
    select o.indicator, s.cell, o.value, cast(round(s.weight * q.w_scale) as decimal(16, 0)) as w
    from observation o
    join measure m on m.indicator = o.indicator
    join sampled s on s.record = o.record
    join quantum q on q.indicator = o.indicator and q.initiative = o.initiative
    where m.estimator = 'quantile'
)
select indicator, cell, value, cast(count(*) as bigint) as n, sum(w) as w, sum(cast(w as decimal(38, 0)) * w) as ww
from weighted
group by indicator, cell, value
