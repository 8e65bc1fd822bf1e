-- Primary sampling units of each stratum over the two waves of a change, those of both waves counted once.
-- reads  : design(instrument, initiative, wave, stratum, psu, fpc), measure(indicator, instrument, wave_from, wave_to)
select m.indicator, d.initiative, d.stratum, count(distinct d.psu) as psu, max(d.fpc) as fpc
from measure m
join design d on d.instrument = m.instrument and (d.wave = m.wave_from or d.wave = m.wave_to)
where m.estimator = 'change'
group by m.indicator, d.initiative, d.stratum
