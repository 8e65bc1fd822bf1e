# Figures of R's survey package that tests/methods/weighting compares with, on a made-up panel.
#   Rscript weighting.R     (R 4.2.2, survey 4.1.1)     writes weighting_*.csv beside itself
# weighting_sample.csv: the panel; weighting_margins.csv: the known totals; weighting_g.csv: final over initial weight of
# each record of the wave `after`, one column a method; weighting_figures.csv: estimates with their errors, each with the
# call that gave it; weighting_single.csv: single figures. Initial weights of a wave are first brought to the known total.
suppressPackageStartupMessages(library(survey))
options(digits = 15, survey.lonely.psu = "fail")

set.seed(20260412)
frame <- do.call(rbind, lapply(c("a", "b", "c"), function(stratum) {
  psus <- c(a = 7, b = 6, c = 5)[[stratum]]
  do.call(rbind, lapply(seq_len(psus), function(p) data.frame(stratum, psu = paste0(stratum, p), person = seq_len(9 + (3 * p) %% 7))))
}))
frame$unit <- sprintf("%s-%02d", frame$psu, frame$person)
n <- nrow(frame)
frame$sex <- sample(c("f", "m"), n, TRUE, c(.62, .38))
frame$age <- sample(c("18-34", "35-59", "60-99"), n, TRUE, c(.2, .35, .45))
frame$zone <- ifelse(frame$stratum == "a", sample(c("bourg", "hamlet"), n, TRUE), sample(c("bourg", "hamlet", "town"), n, TRUE))
level <- 40 + 6 * (frame$sex == "f") + c("18-34" = -8, "35-59" = 0, "60-99" = 7)[frame$age] + rnorm(n, 0, 6) + rnorm(18)[factor(frame$psu)]
one_wave <- function(wave, kept, drift) {
  d <- frame[kept, ]
  d$wave <- wave
  d$y <- round(level[kept] + rnorm(nrow(d), drift, 4), 2)
  d$x <- round(runif(nrow(d), 1, 9), 1)
  d$employed <- as.integer(runif(nrow(d)) < plogis((d$y - 45) / 8))
  d$weight <- round(rlnorm(nrow(d), 0, .35) * c(a = 10, b = 20, c = 35)[d$stratum], 3)
  d
}
sample_of <- function(share) sort(sample(n, round(share * n)))
panel <- rbind(one_wave("before", sample_of(.9), 0), one_wave("after", sample_of(.8), 3))
panel$group <- ifelse(panel$person %% 2 == 0 & panel$psu != "a1", "even", "odd")
panel$y[sample(nrow(panel), 9)] <- NA
panel$fpc <- c(a = 40, b = 24, c = 30)[panel$stratum]
panel$people <- 25 + 4 * as.integer(substr(panel$psu, 2, 2))  # units in the population of the sampling unit
panel <- panel[, c("unit", "wave", "stratum", "psu", "fpc", "people", "weight", "sex", "age", "zone", "group", "y", "x", "employed")]
write.csv(panel, "weighting_sample.csv", row.names = FALSE, quote = FALSE, na = "")

margins <- list(
  sex = c(f = 2560, m = 2440),
  age = c("18-34" = 1350, "35-59" = 2050, "60-99" = 1600),
  zone = c(bourg = 2100, hamlet = 1500, town = 1400)
)
crossed <- outer(c(f = .51, m = .49), margins$age)  # sex x age, for post-stratification
crossed["f", "60-99"] <- crossed["f", "60-99"] + 60
crossed["m", "60-99"] <- crossed["m", "60-99"] - 60
write.csv(rbind(
  do.call(rbind, lapply(names(margins), function(m) data.frame(margin = m, category = names(margins[[m]]), total = margins[[m]]))),
  data.frame(margin = "sex-age", category = paste(rep(rownames(crossed), 3), rep(colnames(crossed), each = 2), sep = "/"), total = as.vector(crossed))
), "weighting_margins.csv", row.names = FALSE, quote = FALSE)

panel$start <- panel$weight * 5000 / ave(panel$weight, panel$wave, FUN = sum)
after <- panel[panel$wave == "after", ]
formula <- ~sex + age + zone
known <- c("(Intercept)" = 5000, sexm = 2440, "age35-59" = 2050, "age60-99" = 1600, zonehamlet = 1500, zonetown = 1400)
# svyvar, behind deff, looks a design up by name in the calling frame, so designs are made by eval
clustered <- svydesign(ids = ~psu + unit, strata = ~stratum, weights = ~start, fpc = ~fpc + people, data = after)
people <- svydesign(ids = ~1, strata = ~stratum, weights = ~start, data = after)
calls <- c(
  "post-stratification" = "postStratify(design, ~sex + age, as.data.frame(as.table(crossed)))",
  "raking" = "calibrate(design, formula, known, calfun = \"raking\", epsilon = 1e-14)",
  "linear" = "calibrate(design, formula, known)",
  "linear-bounded" = "calibrate(design, formula, known, calfun = \"linear\", bounds = c(0.5, 2.2), epsilon = 1e-14)",
  "raking-bounded" = "calibrate(design, formula, known, calfun = \"raking\", bounds = c(0.53, 2.2), epsilon = 1e-14)",
  "logit" = "calibrate(design, formula, known, calfun = \"logit\", bounds = c(0.5, 2.2), epsilon = 1e-14)"
)
crossed_table <- data.frame(sex = rep(rownames(crossed), 3), age = rep(colnames(crossed), each = 2), Freq = as.vector(crossed))
calls["post-stratification"] <- "postStratify(design, ~sex + age, crossed_table)"

g <- data.frame(unit = after$unit)
figures <- NULL
add <- function(case, method, indicator, wave, category, call, m, df, deff = NA) figures <<- rbind(figures, data.frame(
  case, method, indicator, wave, category, value = as.vector(coef(m)), se = as.vector(SE(m)), df, deff = as.vector(deff), call))
for (case in c("clustered", "people")) for (method in names(calls)) {
  design <- get(case)
  weighted <- eval(parse(text = calls[[method]]))
  if (case == "people") g[[method]] <- weights(weighted) / after$start
  for (category in c("all", "even", "odd")) {
    s <- subset(weighted, if (category == "all") TRUE else group == category)
    df <- degf(subset(s, !is.na(y)))
    m <- svymean(~y, s, na.rm = TRUE, deff = "replace")
    add(case, method, "mean-y", "after", category, "svymean(~y, subset, na.rm = TRUE, deff = \"replace\")", m, df, deff(m))
    add(case, method, "ratio-y-x", "after", category, "svyratio(~y, ~x, subset, na.rm = TRUE)", svyratio(~y, ~x, s, na.rm = TRUE), df)
    add(case, method, "total-y", "after", category, "svytotal(~y, subset, na.rm = TRUE)", svytotal(~y, s, na.rm = TRUE), df)
    add(case, method, "share-employed", "after", category, "svymean(~employed, subset)", svymean(~employed, s), degf(s))
  }
}
# contrasts, and quantiles with Woodruff's interval: both rest on the calibrated variance
inverse <- function(x, w, p) { o <- order(x); x[o][which(cumsum(w[o]) / sum(w) >= p - 1e-12)[1]] }
more <- NULL
tell <- function(case, method, indicator, category, figure, call, value) more <<- rbind(more, data.frame(
  case, method, indicator, category, figure, value = sprintf("%.15g", as.vector(value)), call))
for (case in c("clustered", "people")) for (method in c("raking", "linear", "post-stratification")) {
  design <- get(case)
  weighted <- eval(parse(text = calls[[method]]))
  weighted <- update(weighted, seen = !is.na(y), held = ifelse(is.na(y), 0, y))
  weighted <- update(weighted, ve = held * (group == "even"), ne = seen * (group == "even"), vo = held * (group == "odd"), no = seen * (group == "odd"))
  k <- svycontrast(svytotal(~ve + ne + vo + no, weighted), quote(ve / ne - vo / no))
  tell(case, method, "mean-y", "even", c("difference", "se"), "svycontrast(svytotal(~ve + ne + vo + no, design), quote(ve / ne - vo / no))", c(coef(k), SE(k)))
  for (category in c("all", "even", "odd")) for (q in c(.1, .5)) {
    s <- subset(weighted, seen & (category == "all" | group == category))
    d <- s$variables; w <- weights(s); kept <- w > 0 & !is.na(d$y)
    point <- inverse(d$y[kept], w[kept], q)
    weighted$variables$below <- as.numeric(weighted$variables$held <= point)
    share <- svymean(~below, subset(weighted, seen & (category == "all" | group == category)))
    half <- qt(.975, degf(s)) * as.vector(SE(share))
    ends <- sapply(c(-1, 1), function(side) { p <- as.vector(coef(share)) + side * half; if (p < 0 || p > 1) NA else inverse(d$y[kept], w[kept], p) })
    if (!anyNA(ends)) tell(case, method, sprintf("quantile-y-%g", 100 * q), category, c("value", "low", "high", "se"),
      "inverse(y, w, p); inverse(y, w, share -+ t se) of svymean(~(y <= quantile), subset)", c(point, ends, diff(ends) / (2 * qt(.975, degf(s)))))
  }
}
write.csv(more, "weighting_more_figures.csv", row.names = FALSE, quote = c(5, 7))
raked <- rake(people, list(~sex, ~age, ~zone), lapply(names(margins), function(m) setNames(data.frame(names(margins[[m]]), margins[[m]]), c(m, "Freq"))), control = list(maxit = 500, epsilon = 1e-12))
g$rake <- weights(raked) / after$start

# a change: each wave calibrated to the same margins, within one design over both waves
panel$wave <- factor(panel$wave, levels = c("before", "after"))
both <- ~wave + wave:sex + wave:age + wave:zone
one <- function(design) {
  totals <- model.matrix(both, design$variables)
  wanted <- setNames(rep(NA_real_, ncol(totals)), colnames(totals))
  wanted["(Intercept)"] <- 10000; wanted["waveafter"] <- 5000
  for (w in c("before", "after")) for (k in names(known)[-1]) wanted[paste0("wave", w, ":", k)] <- known[[k]]
  stopifnot(!anyNA(wanted))
  wanted
}
panel$n1 <- as.numeric(panel$wave == "after" & !is.na(panel$y)); panel$v1 <- ifelse(panel$n1 == 1, panel$y, 0)
panel$n0 <- as.numeric(panel$wave == "before" & !is.na(panel$y)); panel$v0 <- ifelse(panel$n0 == 1, panel$y, 0)
for (case in c("clustered", "people")) {
  whole <- if (case == "clustered") svydesign(ids = ~psu, strata = ~stratum, weights = ~start, data = panel) else  # without corrections
    svydesign(ids = ~unit, strata = ~stratum, weights = ~start, data = panel)
  for (method in c("linear", "raking")) {
    weighted <- if (method == "linear") calibrate(whole, both, one(whole)) else calibrate(whole, both, one(whole), calfun = "raking", epsilon = 1e-14)
    for (category in c("all", "even", "odd")) {
      s <- subset(weighted, if (category == "all") TRUE else group == category)
      sums <- svytotal(~v1 + n1 + v0 + n0, s)
      add(case, method, "change-y", "after", category, "svycontrast(svytotal(~v1 + n1 + v0 + n0, subset), quote(v1 / n1 - v0 / n0))", svycontrast(sums, quote(v1 / n1 - v0 / n0)), degf(subset(s, !is.na(y))))
    }
  }
}
write.csv(format(figures, digits = 15), "weighting_figures.csv", row.names = FALSE, quote = 10)

heavy <- after
heavy$weight[c(3, 40, 77)] <- heavy$weight[c(3, 40, 77)] * 9
cap <- unname(median(heavy$weight) + 1.5 * IQR(heavy$weight))
design <- svydesign(ids = ~1, weights = ~weight, data = heavy)
g$heavy <- heavy$weight
g$trimmed <- weights(trimWeights(design, upper = cap, strict = TRUE))
write.csv(format(g, digits = 15), "weighting_g.csv", row.names = FALSE, quote = FALSE)

answered <- as.integer(runif(n) < plogis(.5 + .8 * (frame$sex == "f") - .4 * (frame$age == "60-99")))
sampled <- data.frame(unit = frame$unit, sex = frame$sex, age = frame$age, answered, weight = round(runif(n, 1, 4), 2))
write.csv(sampled, "weighting_response.csv", row.names = FALSE, quote = FALSE)
model <- suppressWarnings(glm(answered ~ sex + age, binomial, sampled, weights = weight, control = list(epsilon = 1e-15, maxit = 100)))
rho <- fitted(model)
spread <- with(sampled, sum(weight * (rho - weighted.mean(rho, weight))^2) / (sum(weight) - 1))
w <- weights(clustered)
single <- data.frame(
  name = c("cap", "kish-deff", "r-indicator", "propensity-first", "propensity-last"),
  value = c(cap, length(w) * sum(w^2) / sum(w)^2, 1 - 2 * sqrt(spread), rho[[1]], rho[[n]]),
  call = c("median(weight) + 1.5 * IQR(weight)", "n sum w^2 / (sum w)^2", "1 - 2 S(fitted(glm(binomial)))", "fitted(glm)[1]", "fitted(glm)[n]"))
write.csv(format(single, digits = 15), "weighting_single.csv", row.names = FALSE)
