-- Exact totals of each domain and wave, with the sign each wave has in its figure.
-- inputs : cell, moment, membership, figure, quantum, square_quantum
with summed as (
    select c.indicator, c.initiative, c.wave, m.dimension, m.category,
           cast(sum(c.n) as bigint) as n, sum(c.value_sum) as value_sum, sum(c.base_sum) as base_sum
    from cell c
    join membership m on m.indicator = c.indicator and m.profile = c.profile
    group by c.indicator, c.initiative, c.wave, m.dimension, m.category
),
squared as (
    select c.indicator, c.initiative, c.wave, m.dimension, m.category, sum(c.weight_sum) as weight_sum,
           sum(c.value_square) as value_square, sum(c.value_base) as value_base, sum(c.base_square) as base_square,
           sum(c.absolute_sum) as absolute_sum, max(c.largest) as largest
    from moment c
    join membership m on m.indicator = c.indicator and m.profile = c.profile
    group by c.indicator, c.initiative, c.wave, m.dimension, m.category
)
select s.indicator, s.initiative, f.figure_wave, s.wave, s.dimension, s.category, f.sign, s.n,
       cast(s.value_sum as double) * q.of_value as value_sum,
       cast(s.base_sum as double) * q.of_base as base_sum,
       cast(r.weight_sum as double) * p.of_weight as weight_sum,
       cast(r.value_square as double) * p.of_value as value_square,
       cast(r.value_base as double) * p.of_cross as value_base,
       cast(r.base_square as double) * p.of_base as base_square,
       r.largest / nullif(cast(r.absolute_sum as double) * q.of_value, 0) as dominance
from summed s
join squared r on r.indicator = s.indicator and r.initiative = s.initiative and r.wave = s.wave
              and r.dimension = s.dimension and r.category = s.category
join figure f on f.indicator = s.indicator and f.initiative = s.initiative and f.wave = s.wave
join quantum q on q.indicator = s.indicator and q.initiative = s.initiative
join square_quantum p on p.indicator = s.indicator and p.initiative = s.initiative
order by s.indicator, s.initiative, f.figure_wave, s.dimension, s.category, s.wave
