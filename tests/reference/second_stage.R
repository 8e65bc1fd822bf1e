# Figures of R's survey package where a sampling unit has a single unit of its own, on the panel of survey_sample.csv.
#   Rscript second_stage.R     (R 4.2.2, survey 4.1.1)     reads survey_sample.csv, writes second_stage_figures.csv
suppressPackageStartupMessages(library(survey))
options(digits = 15)
panel <- read.csv("survey_sample.csv")
panel <- panel[panel$wave == "after", ]
alone <- panel$stratum == "c" & panel$psu == 4
panel <- panel[!alone | panel$unit == min(panel$unit[alone]), ]
figures <- NULL
for (policy in c("adjust", "certainty")) {
  options(survey.lonely.psu = policy)
  design <- svydesign(ids = ~psu + unit, strata = ~stratum, fpc = ~fpc + people, nest = TRUE, weights = ~weight, data = panel)
  s <- subset(design, !is.na(y))
  for (told in list(list("mean-y", "svymean(~y, subset)", svymean(~y, s)), list("total-y", "svytotal(~y, subset)", svytotal(~y, s))))
    figures <- rbind(figures, data.frame(policy, indicator = told[[1]], value = sprintf("%.15g", coef(told[[3]])),
                                         se = sprintf("%.15g", SE(told[[3]])), call = told[[2]]))
}
write.csv(figures, "second_stage_figures.csv", row.names = FALSE)
