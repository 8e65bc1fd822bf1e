# More figures of R's survey package on the made-up panel of survey_sample.csv: intervals of shares, both design effects,
# Kish's, quantiles with Woodruff's interval, contrasts between categories with the covariance of shared sampling units.
#   Rscript survey_intervals.R   (R 4.2.2, survey 4.1.1)   reads survey_sample.csv, writes survey_intervals_figures.csv
suppressPackageStartupMessages(library(survey))
options(digits = 15, survey.lonely.psu = "fail")

panel <- read.csv("survey_sample.csv")
panel$one <- 1
panel$cluster <- paste(panel$stratum, panel$psu)
figures <- NULL
add <- function(case, indicator, wave, category, figure, call, value) {
  told <- data.frame(case, indicator, wave, category, figure, value = sprintf("%.15g", as.vector(value)), call)
  figures <<- rbind(figures, told)
}
designs <- list(
  srs = "svydesign(ids = ~1, weights = ~one, data = d)",
  stratified = "svydesign(ids = ~1, strata = ~stratum, weights = ~weight, data = d)",
  clustered = "svydesign(ids = ~cluster, weights = ~weight, data = d)",
  stratified_clustered = "svydesign(ids = ~psu, strata = ~stratum, nest = TRUE, weights = ~weight, data = d)",
  stratified_fpc = "svydesign(ids = ~1, strata = ~stratum, fpc = ~population, weights = ~weight, data = d)",
  stratified_clustered_fpc = "svydesign(ids = ~psu + unit, strata = ~stratum, fpc = ~fpc + people, nest = TRUE, weights = ~weight, data = d)",
  lonely_adjust = "svydesign(ids = ~psu, strata = ~lone, nest = TRUE, weights = ~weight, data = d)",
  lonely_certainty = "svydesign(ids = ~psu, strata = ~lone, nest = TRUE, weights = ~weight, data = d)"
)
# The inverse of the weighted distribution. R's own qrule = "math" is the same but below the first weight, where it
# gives the second value (survey 4.1.1: `qs` starts from position 1 where no cumulated weight is below p).
inverse <- function(x, w, p) { o <- order(x); x[o][which(cumsum(w[o]) / sum(w) >= p - 1e-12)[1]] }
for (case in names(designs)) {
  options(survey.lonely.psu = if (startsWith(case, "lonely")) sub("lonely_", "", case) else "fail")
  for (wave in c("before", "after")) {
    d <- panel[panel$wave == wave, ]
    design <- eval(parse(text = designs[[case]]))
    for (category in c("all", "even", "odd")) {
      held <- if (category == "all") design else subset(design, group == category)
      n <- nrow(held)
      p <- svymean(~employed, held)
      ci <- attr(svyciprop(~employed, held, method = "beta"), "ci")
      add(case, "share-beta", wave, category, c("low", "high"), "svyciprop(~employed, subset, method = \"beta\")", ci)
      effective <- coef(p) * (1 - coef(p)) / vcov(p) * (qt(.975, n - 1) / qt(.975, degf(held)))^2
      wilson <- suppressWarnings(prop.test(as.vector(effective * coef(p)), as.vector(effective), correct = FALSE)$conf.int)
      add(case, "share-wilson", wave, category, c("low", "high"),
          "prop.test(p n_eff, n_eff, correct = FALSE), n_eff = p (1 - p) / vcov * (qt(.975, n - 1) / qt(.975, degf))^2", wilson)
      s <- subset(held, !is.na(y))
      if (case != "srs") {
        add(case, "mean-y", wave, category, "deff_wor", "svymean(~y, subset, deff = TRUE)", deff(svymean(~y, s, deff = TRUE)))
        add(case, "ratio-y-x", wave, category, "deff_wor", "svyratio(~y, ~x, subset, deff = TRUE)",
            deff(svyratio(~y, ~x, s, deff = TRUE)))
        if (case != "lonely_adjust")
          add(case, "total-y", wave, category, "deff_wor", "svytotal(~y, subset, deff = TRUE)", deff(svytotal(~y, s, deff = TRUE)))
      }
      w <- weights(s)
      add(case, "mean-y", wave, category, "deff_kish", "1 + mean((w - mean(w))^2) / mean(w)^2", 1 + mean((w - mean(w))^2) / mean(w)^2)
      for (q in c(0.1, 0.5, 0.75)) for (variable in c("y", "x")) {
        call <- sprintf("svyquantile(~%s, subset, %g, qrule = inverse, interval.type = \"mean\", df = degf(subset))", variable, q)
        ask <- function(rule) svyquantile(as.formula(paste0("~", variable)), s, q, qrule = rule, interval.type = "mean", df = degf(s))[[1]]
        found <- ask(inverse)
        math <- ask("math")
        differs <- which(abs(found - math) > 1e-9)
        least <- min(s$variables[[variable]])
        stopifnot(all(found[1, "quantile"] == math[1, "quantile"]), all(colnames(found)[differs] %in% c("ci.2.5", "se")),
                  length(differs) == 0 || found[1, 2] == least)
        add(case, sprintf("quantile-%s-%g", variable, 100 * q), wave, category, c("value", "low", "high", "se"), call, found[1, ])
      }
    }
    held <- subset(design, !is.na(y))
    by <- svyby(~y, ~group, held, svymean, covmat = TRUE)
    k <- svycontrast(by, c(even = 1, odd = -1))
    call <- "svycontrast(svyby(~y, ~group, subset, svymean, covmat = TRUE), c(even = 1, odd = -1))"
    half <- qt(.975, degf(held)) * SE(k)
    p <- 2 * pt(-abs(coef(k) / SE(k)), degf(held))
    add(case, "mean-y", wave, "even", c("difference", "contrast_se", "contrast_df", "contrast_low", "contrast_high", "contrast_p"), call,
        c(coef(k), SE(k), degf(held), coef(k) - half, coef(k) + half, p))
    by <- svyby(~y, ~group, denominator = ~x, held, svyratio, covmat = TRUE)
    k <- svycontrast(by, c(1, -1))
    add(case, "ratio-y-x", wave, "even", c("difference", "contrast_se"),
        "svycontrast(svyby(~y, ~group, denominator = ~x, subset, svyratio, covmat = TRUE), c(1, -1))", c(coef(k), SE(k)))
  }
}
figures$value[figures$value %in% c("NaN", "NA")] <- ""
write.csv(figures, "survey_intervals_figures.csv", row.names = FALSE)
