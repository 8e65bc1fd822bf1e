-- Primary sampling units of each stratum in each wave, with or without an observation; N is that of the population.
-- reads  : cell(cell, instrument, initiative, wave, stratum, psu, fpc, records)
select instrument, initiative, wave, stratum,
       cast(count(distinct psu) + sum(case when psu is null then records else 0 end) as bigint) as psu,
       max(fpc) as fpc
from cell
group by instrument, initiative, wave, stratum
