-- Which submissions an indicator rests on, and with how many records.
-- reads  : cell_total(indicator, cell, n), cell(cell, initiative, submission)
select t.indicator, c.initiative, c.submission, cast(sum(t.n) as bigint) as records
from cell_total t
join cell c on c.cell = t.cell
group by t.indicator, c.initiative, c.submission
order by t.indicator nulls last, c.initiative nulls last, c.submission nulls last
