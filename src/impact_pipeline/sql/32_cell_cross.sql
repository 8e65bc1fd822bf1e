-- Products of what a record holds and of its weight, summed over the observed records of a cell.
-- reads  : observation, sampled, quantum, cell(cell, psu), cell_post(cell, post), measure(indicator, estimator),
--          psu_drawn(indicator, initiative, wave, stratum, psu, drawn)
-- for samples weighted to margins whose records are sampling units themselves, or are drawn within one in known numbers; v, b and w in quanta as elsewhere
with weighted as (
    select o.indicator, s.cell, s.weight, o.value - q.centre * coalesce(o.base, 0) as value,
           coalesce(o.base, 0) as base, q.w_scale, q.v_scale, q.b_scale
    from observation o
    join measure m on m.indicator = o.indicator
    join sampled s on s.record = o.record
    join cell_post p on p.cell = s.cell
    join cell c on c.cell = s.cell
    join quantum q on q.indicator = o.indicator and q.initiative = o.initiative
    left join psu_drawn d on d.indicator = o.indicator and d.initiative = c.initiative and d.wave = c.wave
                         and d.stratum = c.stratum and d.psu = c.psu
    where (c.psu is null or d.drawn is not null) and m.estimator <> 'change'
),
quanta as (
    select indicator, cell,
           cast(round(weight * w_scale) as decimal(16, 0)) as w,
           cast(round(weight * value * v_scale) as decimal(16, 0)) as v,
           cast(round(weight * base * b_scale) as decimal(16, 0)) as b
    from weighted
)
select indicator, cell, sum(cast(v as decimal(38, 0)) * w) as vw, sum(cast(b as decimal(38, 0)) * w) as bw
from quanta
group by indicator, cell
