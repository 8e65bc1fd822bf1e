-- In which versions and modes the observations of each change were had, one row a version and mode of a wave.
-- reads  : change_observation(indicator, initiative, record, wave), collected(record, version, mode)
-- a mode that is not declared is null
select o.indicator, o.initiative, o.wave, c.version, c.mode, count(*) as records
from change_observation o
join collected c on c.record = o.record
group by o.indicator, o.initiative, o.wave, c.version, c.mode
