# Figures that tests/methods/impact compares with: differences in differences and event studies.
#   Rscript differences.R     writes differences_units.csv and differences_figures.csv beside itself
# R 4.2.2, clubSandwich 0.5.8, estimatr 1.0.0, sandwich 3.0-2. Each figure stands with the call that gave it.
suppressPackageStartupMessages({library(sandwich); library(clubSandwich); library(estimatr)})
options(digits = 15)

set.seed(20260402)
clusters <- 14; sizes <- c(4, 7, 3, 9, 5, 6, 8, 4, 5, 10, 3, 6, 7, 5)
units <- data.frame(unit = seq_len(sum(sizes)), cluster = rep(seq_len(clusters), sizes))
units$treated <- as.integer(units$cluster %in% c(2, 3, 7, 9, 11, 12))
units$x <- round(rnorm(nrow(units), 10, 3), 2)
level <- rnorm(nrow(units), 0, 2) + rnorm(clusters, 0, 1)[units$cluster]
d <- do.call(rbind, lapply(2019:2024, function(period) {
  shock <- rnorm(clusters, 0, .5)
  data.frame(units, period, y = round(30 + level + .6 * (period - 2019) + .4 * units$x + shock[units$cluster] +
    units$treated * (period >= 2022) * (1 + .5 * (period - 2022)) + rnorm(nrow(units), 0, 1.5), 3))
}))
d$z <- round(rnorm(nrow(d)) + .3 * d$treated, 3)                    # a covariate that varies in time
d$weight <- round(runif(nrow(d), .5, 2), 2)
d$kept <- as.integer(runif(nrow(d)) < .85)                          # an unbalanced panel
d <- d[order(d$unit, d$period), ]
write.csv(d, "differences_units.csv", row.names = FALSE, quote = FALSE)

figures <- NULL
add <- function(case, values, call) {
  values <- unlist(values)
  figures <<- rbind(figures, data.frame(case, figure = names(values), value = as.vector(values), call))
}
told <- function(case, m, term) add(case, setNames(
  c(m$coefficients[term], m$std.error[term], m$df[term], m$conf.low[term], m$conf.high[term], m$p.value[term]),
  c("effect", "se", "df", "low", "high", "p")), deparse1(m$call))

a <- subset(d, period == 2021); b <- subset(d, period == 2023)
two <- data.frame(unit = a$unit, cluster = a$cluster, treated = a$treated, x = a$x, before = a$y, after = b$y, weight = a$weight)
two$change <- two$after - two$before
told("panel", lm_robust(change ~ treated, two, clusters = cluster, se_type = "CR2"), 2)
told("panel_covariate", lm_robust(change ~ treated + x, two, clusters = cluster, se_type = "CR2"), 2)
told("panel_weights", lm_robust(change ~ treated + x, two, weights = weight, clusters = cluster, se_type = "CR2"), 2)
told("panel_units", lm_robust(change ~ treated, two, se_type = "HC2"), 2)
told("panel_ancova", lm_robust(after ~ treated + before + x, two, se_type = "HC2"), 2)
# the same from both waves with an indicator a unit, clusters being villages
long <- rbind(data.frame(two, y = two$before, late = 0), data.frame(two, y = two$after, late = 1))
m <- lm(y ~ treated:late + late + factor(unit), long)
tested <- coef_test(m, "CR2", cluster = long$cluster, test = "Satterthwaite")
add("panel_indicators", setNames(unlist(tested["treated:late", c("beta", "SE", "df_Satt", "p_Satt")]), c("effect", "se", "df", "p")),
    "coef_test(lm(y ~ treated:late + late + factor(unit), long), 'CR2', cluster, 'Satterthwaite')")

r <- subset(d, period %in% c(2020, 2023) & kept == 1); r$late <- as.integer(r$period == 2023)
told("repeated", lm_robust(y ~ treated * late, r, clusters = cluster, se_type = "CR2"), 4)
told("repeated_covariate", lm_robust(y ~ treated * late + z, r, clusters = cluster, se_type = "CR2"), "treated:late")
told("repeated_weights", lm_robust(y ~ treated * late + z, r, weights = weight, clusters = cluster, se_type = "CR2"), "treated:late")
told("repeated_cr1", lm_robust(y ~ treated * late, r, clusters = cluster, se_type = "stata"), 4)
told("repeated_units", lm_robust(y ~ treated * late, r, se_type = "HC2"), 4)

means <- function(key, rows) {
  w <- aggregate(y ~ late + key + treated, data.frame(y = rows$y, late = rows$late, key = rows[[key]], treated = rows$treated), mean)
  w <- merge(subset(w, late == 0), subset(w, late == 1), by = c("key", "treated"))
  w$change <- w$y.y - w$y.x
  w
}
told("collapsed_clusters", lm_robust(change ~ treated, means("cluster", r), se_type = "HC2"), 2)
d$late <- as.integer(d$period >= 2022)
u <- merge(means("unit", d), unique(d[, c("unit", "cluster")]), by.x = "key", by.y = "unit")
told("collapsed_units", lm_robust(change ~ treated, u, clusters = cluster, se_type = "CR2"), 2)

# Event studies, 2021 the reference: an indicator a unit (balanced, unbalanced with a covariate), or a group's indicator
event <- function(case, rows, text, rule = "CR2") {
  rows$lead <- relevel(factor(rows$period), "2021")
  for (p in c(2019, 2020, 2022, 2023, 2024)) rows[[paste0("e", p)]] <- rows$treated * (rows$period == p)
  m <- eval(parse(text = text))
  terms <- paste0("e", c(2019, 2020, 2022, 2023, 2024))
  names(m$coefficients) <- sub("^I\\(.*\\)(e20..)$", "\\1", names(m$coefficients))
  v <- vcovCR(m, cluster = rows$cluster, type = rule)
  tested <- coef_test(m, v, test = "Satterthwaite", coefs = terms)
  for (i in seq_along(terms))
    add(case, setNames(c(tested$beta[i], tested$SE[i], tested$df_Satt[i], tested$p_Satt[i]), paste0(c("effect", "se", "df", "p"), "_", terms[i])),
        sprintf("coef_test(%s, '%s', cluster, 'Satterthwaite')", text, rule))
  w <- Wald_test(m, constrain_zero(match(terms[1:2], names(na.omit(coef(m))))), v, test = "HTZ")
  add(case, setNames(c(w$Fstat, w$df_num, w$df_denom, w$p_val), c("pretrend_f", "pretrend_df1", "pretrend_df2", "pretrend_p")),
      sprintf("Wald_test(%s, constrain_zero(e2019, e2020), '%s', cluster, 'HTZ')", text, rule))
  l <- matrix(as.numeric(names(na.omit(coef(m))) %in% terms[3:5]) / 3, 1)
  mean_of <- linear_contrast(m, v, contrasts = l, test = "Satterthwaite", level = .95)
  add(case, setNames(c(mean_of$Est, mean_of$SE, mean_of$df, mean_of$CI_L, mean_of$CI_U), c("effect", "se", "df", "low", "high")),
      sprintf("linear_contrast of the mean of e2022, e2023, e2024 in %s", text))
}
regressors <- "e2019 + e2020 + e2022 + e2023 + e2024"
event("event_balanced", d, sprintf("lm(y ~ %s + lead + factor(unit), rows)", regressors))
event("event_unbalanced", subset(d, kept == 1), sprintf("lm(y ~ %s + lead + z + factor(unit), rows)", regressors))
event("event_groups", subset(d, kept == 1), sprintf("lm(y ~ %s + lead + treated + z, rows)", regressors))
# with weights: rows times the root of their weight
event("event_weighted", subset(d, kept == 1),
      sprintf("lm(I(sqrt(weight) * y) ~ 0 + I(sqrt(weight) * model.matrix(~ %s + lead + z + factor(unit), rows)), rows)", regressors))

figures$value <- ifelse(is.na(figures$value), "", trimws(formatC(figures$value, digits = 17, format = "g")))
figures$call <- gsub('"', "'", figures$call)
write.csv(figures, "differences_figures.csv", row.names = FALSE, quote = c(1, 2, 4))
