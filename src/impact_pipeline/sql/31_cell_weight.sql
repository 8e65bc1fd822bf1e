-- Weights of all records of a cell, observed or not, in the quanta of the instrument in that initiative.
-- reads  : sampled(record, cell, weight), cell(cell, instrument, initiative), cell_post(cell, post),
--          measure(indicator, instrument), quantum(indicator, initiative, w_scale)
--   w, ww   sums of weights and of their squares, where samples are weighted to margins
with scale as (
    select m.instrument, q.initiative, max(q.w_scale) as w_scale
    from quantum q
    join measure m on m.indicator = q.indicator
    group by m.instrument, q.initiative
),
quanta as (
    select s.cell, p.post, cast(round(s.weight * k.w_scale) as decimal(16, 0)) as w
    from sampled s
    join cell_post p on p.cell = s.cell
    join cell c on c.cell = s.cell
    join scale k on k.instrument = c.instrument and k.initiative = c.initiative
)
select cell, post, sum(w) as w, sum(cast(w as decimal(38, 0)) * w) as ww
from quanta
group by cell, post
