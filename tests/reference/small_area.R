# Figures of metafor, epitools and base R that tests/methods/test_small_area.py and test_standardisation.py compare with.
#   Rscript small_area.R   (R 4.2.2, metafor 3.8.1, epitools 0.5.10.1)
#   writes small_area_sample.csv, small_area_figures.csv, standardisation_figures.csv
suppressPackageStartupMessages({ library(metafor); library(epitools) })
options(digits = 15)
set.seed(20260105)
m <- 30
areas <- data.frame(area = seq_len(m), x = round(runif(m, 0, 10), 2), n = sample(8:90, m, TRUE))
truth <- 20 + 1.5 * areas$x + rnorm(m, 0, 3)
areas$psi <- round(300 / areas$n * rchisq(m, 8) / 8, 4)
areas$y <- round(truth + rnorm(m, 0, sqrt(300 / areas$n)), 3)
areas$y[c(7, 19)] <- NA; areas$psi[c(7, 19)] <- NA  # areas without a sample
write.csv(areas, "small_area_sample.csv", row.names = FALSE, na = "")

figures <- NULL
add <- function(case, figure, area, call, value)
  figures <<- rbind(figures, data.frame(case, figure, area, value = sprintf("%.15g", as.vector(value)), call))
s <- areas[!is.na(areas$y), ]
gvf <- lm(log(psi) ~ log(n), data = s)
smooth <- exp(predict(gvf, areas)); smooth <- smooth * sum(s$psi) / sum(smooth[!is.na(areas$y)])
add("smoothed", "psi", areas$area, "exp(predict(lm(log(psi) ~ log(n)))), scaled to the sum of psi", smooth)
for (case in c("own", "smoothed", "none-between")) {
  psi <- if (case == "smoothed") smooth[!is.na(areas$y)] else s$psi
  y <- if (case == "none-between") 20 + 1.5 * s$x + 0.2 * (s$y - 20 - 1.5 * s$x) else s$y
  s$used <- y; s$variance <- psi
  fit <- rma(yi = used, vi = variance, mods = ~ x, data = s, method = "REML", control = list(threshold = 1e-14, maxiter = 1000))
  A <- fit$tau2; b <- coef(fit); V <- vcov(fit)
  call <- "rma(y, psi, mods = ~ x, method = \"REML\")"
  add(case, "variance", 0, call, A)
  add(case, c("b0", "b1"), 0, call, b)
  gamma <- A / (A + psi)
  X <- cbind(1, s$x)
  if (A > 0) stopifnot(max(abs(blup(fit)$pred - (gamma * y + (1 - gamma) * X %*% b))) < 1e-8)
  add(case, "estimate", s$area, "gamma y + (1 - gamma) x'b, checked against metafor::blup", gamma * y + (1 - gamma) * X %*% b)
  g2 <- (1 - gamma)^2 * rowSums((X %*% V) * X)
  g3 <- psi^2 / (A + psi)^3 * 2 / sum(1 / (A + psi)^2)
  add(case, "mse", s$area, "g1 + g2 + 2 g3, Prasad & Rao (1990) with the variance of REML", gamma * psi + g2 + 2 * g3)
  out <- areas[is.na(areas$y), ]; Xo <- cbind(1, out$x)
  add(case, "estimate", out$area, "x'b", Xo %*% b)
  add(case, "mse", out$area, "A + x' V x", A + rowSums((Xo %*% V) * Xo))
}
write.csv(figures, "small_area_figures.csv", row.names = FALSE)

figures <- NULL
add <- function(case, figure, call, value) figures <<- rbind(figures, data.frame(case, figure, value = sprintf("%.15g", value), call))
people <- c(1200, 2300, 3100, 2800, 1500); standard <- c(18000, 23000, 27000, 20000, 9000); rates <- c(.001, .002, .004, .012, .04)
cases <- list(many = c(2, 9, 15, 41, 70), few = c(0, 0, 1, 0, 2), none = c(0, 0, 0, 0, 0))
for (case in names(cases)) {
  d <- cases[[case]]
  a <- suppressWarnings(ageadjust.direct(d, people, stdpop = standard))
  call <- "epitools::ageadjust.direct(events, people, stdpop = standard)"
  add(case, c("crude", "value", "high"), call, a[c(1, 2, 4)])
  add(case, "low", if (case == "none") "0" else call, if (case == "none") 0 else a[3])
  w <- standard / sum(standard)
  add(case, "se", "sqrt(sum(w^2 d / n^2))", sqrt(sum(w^2 * d / people^2)))
  p <- poisson.test(sum(d), sum(people * rates))
  add(case, c("smr", "smr_low", "smr_high"), "poisson.test(sum(events), sum(people * rates))", c(p$estimate, p$conf.int))
}
write.csv(figures, "standardisation_figures.csv", row.names = FALSE)
