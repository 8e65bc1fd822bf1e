-- Primary sampling units drawn in each stratum, for each figure: those of its waves, with or without the domain.
-- inputs : figure(indicator, initiative, figure_wave, wave), indicator_instrument(indicator, instrument), design(...)
-- output : one row a figure and stratum; fpc is the units of the stratum's population, null where not declared
with drawn as (
    select f.indicator, f.initiative, f.figure_wave, d.stratum_no, d.psu_no, max(d.fpc) as fpc
    from figure f
    join indicator_instrument i on i.indicator = f.indicator
    join wave_psu d on d.instrument = i.instrument and d.initiative = f.initiative and d.wave = f.wave
    group by f.indicator, f.initiative, f.figure_wave, d.stratum_no, d.psu_no
),
stratum as (
    select indicator, initiative, figure_wave, stratum_no, count(*) as sampled, max(fpc) as fpc
    from drawn
    group by indicator, initiative, figure_wave, stratum_no
)
select indicator, initiative, figure_wave, stratum_no, sampled, fpc,
       cast(sum(sampled) over (partition by indicator, initiative, figure_wave) as bigint) as all_units
from stratum
order by indicator, initiative, figure_wave, stratum_no
