# Figures of R's survey package for quantiles, contrasts and standardised means, calibrated samples among them.
#   Rscript calibrated_estimators.R   (R 4.2.2, survey 4.1.1)
#   reads weighting_sample.csv, writes calibrated_estimators_figures.csv
suppressPackageStartupMessages(library(survey))
options(digits = 15, survey.lonely.psu = "fail")
panel <- read.csv("weighting_sample.csv")
panel$start <- panel$weight * 5000 / ave(panel$weight, panel$wave, FUN = sum)
after <- panel[panel$wave == "after", ]
formula <- ~sex + age + zone
known <- c("(Intercept)" = 5000, sexm = 2440, "age35-59" = 2050, "age60-99" = 1600, zonehamlet = 1500, zonetown = 1400)
clustered <- svydesign(ids = ~psu + unit, strata = ~stratum, weights = ~start, fpc = ~fpc + people, data = after)
people <- svydesign(ids = ~1, strata = ~stratum, weights = ~start, data = after)
figures <- NULL
add <- function(case, method, indicator, category, figure, call, value)
  figures <<- rbind(figures, data.frame(case, method, indicator, category, figure, value = sprintf("%.15g", as.vector(value)), call))
inverse <- function(x, w, p) { o <- order(x); x[o][which(cumsum(w[o]) / sum(w) >= p - 1e-12)[1]] }
ratios <- function(d, tops, bases, expression) {
  names(bases) <- paste0("of_", names(bases))
  for (name in c(names(tops), names(bases))) d$variables[[name]] <- as.numeric(c(tops, bases)[[name]])
  svycontrast(svytotal(as.formula(paste("~", paste(c(names(tops), names(bases)), collapse = " + "))), d), expression)
}
for (case in c("clustered", "people")) for (method in c("none", "linear", "raking")) {
  design <- get(case)
  d <- switch(method, none = design, linear = calibrate(design, formula, known),
              raking = calibrate(design, formula, known, calfun = "raking", epsilon = 1e-14))
  for (category in c("all", "even", "odd")) {
    v <- d$variables
    held <- weights(d) > 0 & !is.na(v$y) & (category == "all" | v$group == category)
    df <- length(unique((if (case == "clustered") v$psu else v$unit)[held])) - 3
    q <- inverse(v$y[held], weights(d)[held], .5)
    m <- ratios(d, list(below = held & v$y <= q), list(below = held), quote(below / of_below))
    bounds <- coef(m) + c(-1, 1) * qt(.975, df) * SE(m)
    ends <- c(inverse(v$y[held], weights(d)[held], bounds[1]), inverse(v$y[held], weights(d)[held], bounds[2]))
    add(case, method, "median-y", category, c("value", "low", "high", "se"), "Woodruff on svycontrast(svytotal of y <= q and of the domain)",
        c(q, ends, diff(ends) / (2 * qt(.975, df))))
    ages <- list(young = held & v$age == "18-34", middle = held & v$age == "35-59", old = held & v$age == "60-99")
    k <- ratios(d, lapply(ages, function(i) ifelse(i, v$y, 0)), ages, quote(0.3 * young / of_young + 0.4 * middle / of_middle + 0.3 * old / of_old))
    add(case, method, "standard-y", category, c("value", "se"), "svycontrast(svytotal, 0.3 young + 0.4 middle + 0.3 old, each a ratio of totals)", c(coef(k), SE(k)))
    if (method == "none") {
      by <- svyby(~y, ~age, subset(d, held), svymean, covmat = TRUE)
      same <- svycontrast(by, c("18-34" = .3, "35-59" = .4, "60-99" = .3))
      stopifnot(abs(coef(same) / coef(k) - 1) < 1e-9, abs(SE(same) / SE(k) - 1) < 1e-9)
    }
  }
  held <- !is.na(v$y); even <- held & v$group == "even"; odd <- held & v$group == "odd"
  k <- ratios(d, list(even = ifelse(even, v$y, 0), odd = ifelse(odd, v$y, 0)), list(even = even, odd = odd), quote(even / of_even - odd / of_odd))
  add(case, method, "mean-y", "even", c("difference", "contrast_se"), "svycontrast(svytotal, even - odd, each a ratio of totals)", c(coef(k), SE(k)))
  k <- ratios(d, list(even = ifelse(even, v$y, 0), odd = ifelse(odd, v$y, 0)), list(even = ifelse(even, v$x, 0), odd = ifelse(odd, v$x, 0)),
              quote(even / of_even - odd / of_odd))
  add(case, method, "ratio-y-x", "even", c("difference", "contrast_se"), "svycontrast(svytotal, even - odd, each a ratio of totals)", c(coef(k), SE(k)))
}
figures$value[figures$value == "NaN"] <- ""
write.csv(figures, "calibrated_estimators_figures.csv", row.names = FALSE)
