# Figures of R's mice (3.15.0, R 4.2.2) that tests/methods/test_imputation.py compares with.
#   Rscript imputation.R      writes imputation_figures.csv, imputation_sample.csv and imputation_pooled.csv
suppressPackageStartupMessages(library(mice)); options(digits = 15)
set.seed(11)
cases <- list(
  few = list(q = round(rnorm(5, 2, .4), 4), u = round(runif(5, .1, .3), 4), n = 60, k = 4),
  many = list(q = round(rnorm(40, -1, .2), 4), u = round(runif(40, .05, .1), 4), n = 900, k = 7),
  large = list(q = round(rnorm(10, 5, .1), 4), u = round(runif(10, .5, .6), 4), n = Inf, k = 1),
  little = list(q = 3 + (1:6) / 100, u = rep(.25, 6), n = 30, k = 2))
rows <- NULL
for (case in names(cases)) with(cases[[case]], {
  p <- pool.scalar(q, u, n = n, k = k)
  rows <<- rbind(rows, data.frame(case, q = paste(q, collapse = " "), u = paste(u, collapse = " "), df_complete = n - k,
    value = p$qbar, within = p$ubar, between = p$b, se = sqrt(p$t), df = p$df, fmi = p$fmi, call = "mice::pool.scalar(q, u, n, k)"))
})
write.csv(rows, "imputation_figures.csv", row.names = FALSE, quote = TRUE)
# a sample with values missing at random, its complete truth, and mice's own pooled regression
n <- 400
x <- rnorm(n); z <- .5 * x + rnorm(n); y <- 1 + .8 * x - .6 * z + rnorm(n)
full <- round(data.frame(y, x, z), 5); d <- full
d$z[runif(n) < plogis(-1 + x)] <- NA
d$x[runif(n) < .15] <- NA
write.csv(d, "imputation_sample.csv", row.names = FALSE, na = "")
imp <- mice(d, m = 200, method = "norm", maxit = 20, seed = 5, printFlag = FALSE)
s <- summary(pool(with(imp, lm(y ~ x + z))))
cc <- coef(lm(y ~ x + z, full))
write.csv(data.frame(term = s$term, value = s$estimate, se = s$std.error, df = s$df, complete_data = cc,
  call = "summary(pool(with(mice(d, m = 200, method = 'norm', maxit = 20), lm(y ~ x + z))))"), "imputation_pooled.csv", row.names = FALSE)
