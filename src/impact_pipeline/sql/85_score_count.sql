-- How many people have each score from complete answers: one row a score and value, the lowest and the highest among them.
-- reads  : scored(record, score, value, status), record_key(instrument, initiative, record, wave)
select s.score, r.instrument, r.initiative, r.wave, s.value, count(*) as n
from scored s
join record_key r on r.record = s.record
where s.status = 'complete' and s.value is not null
group by s.score, r.instrument, r.initiative, r.wave, s.value
