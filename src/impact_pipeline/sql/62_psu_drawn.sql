-- Units drawn from each primary sampling unit whose population is known, one row an indicator, wave and sampling unit.
-- reads  : design(instrument, initiative, unit, wave, stratum, psu, psu_population),
--          measure(indicator, instrument, estimator, wave_from, wave_to)
--   drawn   records of the wave with or without an observation; for a change, units of either wave, both told alike
with at_wave as (
    select instrument, initiative, wave, stratum, psu, count(*) as drawn, max(psu_population) as population
    from design
    where psu_population is not null
    group by instrument, initiative, wave, stratum, psu
),
at_either as (
    select m.indicator, m.wave_from, m.wave_to, d.initiative, d.stratum, d.psu, count(distinct d.unit) as drawn,
           max(d.psu_population) as population
    from measure m
    join design d on d.instrument = m.instrument and (d.wave = m.wave_from or d.wave = m.wave_to)
    where m.estimator = 'change' and d.psu_population is not null
    group by m.indicator, m.wave_from, m.wave_to, d.initiative, d.stratum, d.psu
)
select m.indicator, w.initiative, w.wave, w.stratum, w.psu, w.drawn, w.population
from measure m
join at_wave w on w.instrument = m.instrument
where m.estimator <> 'change'
union all
select indicator, initiative, wave_from as wave, stratum, psu, drawn, population from at_either
union all
select indicator, initiative, wave_to as wave, stratum, psu, drawn, population from at_either
