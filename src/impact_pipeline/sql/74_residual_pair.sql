-- What ties the two waves of a calibrated change: products of the scores of sampling units present in both, by stratum.
-- reads  : residual_psu(indicator, initiative, wave, dimension, category, stratum, psu, z),
--          measure(indicator, estimator, wave_from, wave_to)
select l.indicator, l.initiative, l.dimension, l.category, l.stratum, sum(l.z * e.z) as product
from measure m
join residual_psu l on l.indicator = m.indicator and l.wave = m.wave_to
join residual_psu e on e.indicator = m.indicator and e.wave = m.wave_from and e.initiative = l.initiative
                   and e.dimension = l.dimension and e.category = l.category
                   and e.stratum = l.stratum and e.psu = l.psu
where m.estimator = 'change'
group by l.indicator, l.initiative, l.dimension, l.category, l.stratum
