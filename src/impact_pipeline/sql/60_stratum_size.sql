-- Primary sampling units of each stratum in each wave, with or without an observation; N is that of the population.
-- reads  : sampled(record, cell), cell(cell, instrument, initiative, wave, stratum, psu, fpc)
with records as (
    select cell, count(*) as records
    from sampled
    group by cell
)
select c.instrument, c.initiative, c.wave, c.stratum,
       cast(count(distinct c.psu) + sum(case when c.psu is null then r.records else 0 end) as bigint) as psu,
       max(c.fpc) as fpc
from cell c
join records r on r.cell = c.cell
group by c.instrument, c.initiative, c.wave, c.stratum
