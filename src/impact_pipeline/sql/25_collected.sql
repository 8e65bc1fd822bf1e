-- In which versions and modes the observations of each change were had, one row a version and mode of a wave.
-- reads  : observation(indicator, initiative, record, wave), measure(indicator, estimator),
--          collected(record, version, mode)
-- a mode that is not declared is null
select o.indicator, o.initiative, o.wave, c.version, c.mode, count(*) as records
from observation o
join measure m on m.indicator = o.indicator
join collected c on c.record = o.record
where m.estimator = 'change'
group by o.indicator, o.initiative, o.wave, c.version, c.mode
