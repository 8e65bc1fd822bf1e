-- Units observed in both waves of a change, by the cell they were in at each.
-- reads  : change_observation, sampled, quantum, measure(indicator, wave_from, wave_to)
--   units   how many;  vv, vb, bv, bb   sums of products of what they held in the later and in the earlier wave
with weighted as (
    select o.indicator, o.initiative, o.unit, o.wave, m.wave_from, m.wave_to, s.cell,
           cast(round(s.weight * (o.value - q.centre * o.base) * q.v_scale) as decimal(38, 0)) as v,
           cast(round(s.weight * o.base * q.b_scale) as decimal(38, 0)) as b
    from change_observation o
    join measure m on m.indicator = o.indicator
    join sampled s on s.record = o.record
    join quantum q on q.indicator = o.indicator and q.initiative = o.initiative
),
later as (
    select indicator, initiative, unit, cell, v, b from weighted where wave = wave_to
),
earlier as (
    select indicator, initiative, unit, cell, v, b from weighted where wave = wave_from
)
select l.indicator, l.cell as cell_to, e.cell as cell_from, count(*) as units,
       sum(l.v * e.v) as vv, sum(l.v * e.b) as vb, sum(l.b * e.v) as bv, sum(l.b * e.b) as bb
from later l
join earlier e on e.indicator = l.indicator and e.initiative = l.initiative and e.unit = l.unit
group by l.indicator, l.cell, e.cell
