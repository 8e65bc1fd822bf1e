-- How far each unit rose from the first to the last wave of a reliable change: one row a record of the last wave.
-- reads  : measure(indicator, estimator, wave_from, wave_to),
--          change_observation(indicator, initiative, record, unit, wave, value, base)
-- units observed at one wave alone have no row
select l.indicator, l.record, l.value - e.value as value, l.base
from measure m
join change_observation l on l.indicator = m.indicator and l.wave = m.wave_to
join change_observation e on e.indicator = m.indicator and e.wave = m.wave_from and e.initiative = l.initiative
                         and e.unit = l.unit
where m.estimator = 'reliable-change'
