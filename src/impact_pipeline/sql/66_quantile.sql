-- The least value at which the weighted distribution has climbed to what is sought: its inverse, without interpolation.
-- reads  : value_rank(indicator, initiative, wave, dimension, category, value, n, counted, climbed),
--          sought(indicator, initiative, wave, dimension, category, place, target)   target: a whole number of quanta
--   n, counted, climbed   as in value_rank, at the value found
with reached as (
    select s.indicator, s.initiative, s.wave, s.dimension, s.category, s.place, min(r.value) as value
    from sought s
    join value_rank r on r.indicator = s.indicator and r.initiative = s.initiative and r.wave = s.wave
                     and r.dimension = s.dimension and r.category = s.category
    where r.climbed >= cast(s.target as decimal(38, 0))
    group by s.indicator, s.initiative, s.wave, s.dimension, s.category, s.place
)
select t.indicator, t.initiative, t.wave, t.dimension, t.category, t.place, t.value, r.n, r.counted, r.climbed
from reached t
join value_rank r on r.indicator = t.indicator and r.initiative = t.initiative and r.wave = t.wave
                 and r.dimension = t.dimension and r.category = t.category and r.value = t.value
