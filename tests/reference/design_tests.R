# Figures of R's survey package that tests/methods/test_design_tests.py compares with, on survey_sample.csv.
#   Rscript design_tests.R   (R 4.2.2, survey 4.1.1)   reads survey_sample.csv, writes design_tests_figures.csv
suppressPackageStartupMessages(library(survey))
options(digits = 15, survey.lonely.psu = "fail")
panel <- read.csv("survey_sample.csv")
panel$even <- as.integer(panel$group == "even")
panel$band <- cut(panel$x, c(0, 3, 6, 10), labels = FALSE) - 1
figures <- NULL
add <- function(case, wave, test, figure, call, value)
  figures <<- rbind(figures, data.frame(case, wave, test, figure, value = sprintf("%.15g", as.vector(value)), call))
designs <- list(
  stratified = "svydesign(ids = ~1, strata = ~stratum, weights = ~weight, data = d)",
  stratified_clustered = "svydesign(ids = ~psu, strata = ~stratum, nest = TRUE, weights = ~weight, data = d)",
  stratified_clustered_fpc = "svydesign(ids = ~psu + unit, strata = ~stratum, fpc = ~fpc + people, nest = TRUE, weights = ~weight, data = d)",
  lonely_adjust = "svydesign(ids = ~psu, strata = ~lone, nest = TRUE, weights = ~weight, data = d)",
  lonely_certainty = "svydesign(ids = ~psu, strata = ~lone, nest = TRUE, weights = ~weight, data = d)"
)
for (case in names(designs)) for (wave in c("before", "after")) {
  options(survey.lonely.psu = if (startsWith(case, "lonely")) sub("lonely_", "", case) else "fail")
  d <- panel[panel$wave == wave, ]
  design <- eval(parse(text = designs[[case]]))
  held <- subset(design, !is.na(y))
  m <- svyttest(y ~ even, held)
  add(case, wave, "t", c("difference", "t", "df", "p"), "svyttest(y ~ even, subset)", c(m$estimate, m$statistic, m$parameter, m$p.value))
  for (of in c("even", "band")) {
    x <- svychisq(as.formula(paste0("~employed + ", of)), design, statistic = "F")
    add(case, wave, paste0("chi-", of), c("f", "df1", "df2", "p"), sprintf("svychisq(~employed + %s, design, statistic = \"F\")", of),
        c(x$statistic, x$parameter, x$p.value))
  }
  g <- svyglm(y ~ x + even, held)
  add(case, wave, "linear", c(paste0("b", 0:2), paste0("se", 0:2), "v12", "df"), "svyglm(y ~ x + even, subset)",
      c(coef(g), SE(g), vcov(g)[2, 3], g$df.residual))
  w <- regTermTest(g, ~ x + even, method = "Wald")
  add(case, wave, "linear", c("wald_f", "wald_df1", "wald_df2", "wald_p"), "regTermTest(svyglm(y ~ x + even), ~ x + even)",
      c(w$Ftest, w$df, w$ddf, w$p))
  g <- svyglm(employed ~ x + even, design, family = quasibinomial, control = glm.control(epsilon = 1e-14, maxit = 100))
  add(case, wave, "logit", c(paste0("b", 0:2), paste0("se", 0:2), "v12", "df"), "svyglm(employed ~ x + even, design, quasibinomial)",
      c(coef(g), SE(g), vcov(g)[2, 3], g$df.residual))
}
write.csv(figures, "design_tests_figures.csv", row.names = FALSE)
