# Syntheses that tests/methods/synthesis compares with.
#   Rscript synthesis.R   (R 4.2.2, metafor 3.8.1, clubSandwich 0.5.8)   writes synthesis_{effects,figures}.csv beside itself
# Effects are drawn here, but for `bcg`: counts of tuberculosis in the thirteen trials of BCG vaccine that textbooks use,
# published facts (Colditz et al. 1994, doi:10.1001/jama.1994.03510330076038; as listed by Berkey et al. 1995,
# doi:10.1002/sim.4780140406). Each figure stands with the call that gave it. Iterations are asked to go on to 1e-14, for
# metafor's own thresholds stop at 1e-5; confint's uniroot too.
suppressPackageStartupMessages({ library(metafor); library(clubSandwich) })
options(digits = 15)
FINE <- list(threshold = 1e-14, maxiter = 10000, tol = 1e-14)
figures <- NULL
add <- function(case, figure, value, call) {
  value <- as.vector(value)
  figures <<- rbind(figures, data.frame(case, figure, i = seq_along(value), value, call))
}
drawn <- function(case, studies, per, mu, tau2, omega2 = 0, slope = 0, bias = 0, sizes = c(20, 180)) {
  one <- do.call(rbind, lapply(seq_len(studies), function(s) {
    n <- round(runif(1, sizes[1], sizes[2])); m <- per[(s - 1) %% length(per) + 1]
    x1 <- round(runif(1, 0, 10), 1); x2 <- as.integer(runif(1) < .5)
    theta <- mu + slope * x1 + rnorm(1, 0, sqrt(tau2)) + rnorm(m, 0, sqrt(omega2))
    v <- 4 / n + theta^2 / (2 * n)
    data.frame(case, study = sprintf("s%02d", s), n, x1, x2, y = theta + bias * sqrt(v) + rnorm(m, 0, sqrt(v)), v)
  }))
  one$y <- round(one$y, 4); one$v <- round(one$v, 6)
  one
}
bcg <- data.frame(
  tpos = c(4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27),
  n1 = c(123, 306, 231, 13598, 5069, 1541, 2545, 88391, 7499, 1716, 50634, 2498, 16913),
  cpos = c(11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29),
  n2 = c(139, 303, 220, 12867, 5808, 1451, 629, 88391, 7277, 1665, 27338, 2341, 17854),
  ablat = c(44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33))
rr <- escalc("RR", ai = tpos, n1i = n1, ci = cpos, n2i = n2, data = bcg)
set.seed(20260301)
effects <- rbind(
  drawn("mixed", 14, 1, .3, .06), drawn("four", 4, 1, .25, .05), drawn("three", 3, 1, .5, .1, sizes = c(60, 300)),
  drawn("alike", 9, 1, .2, 0, sizes = c(200, 400)), drawn("moderated", 30, 1, .1, .02, slope = .05),
  drawn("biased", 25, 1, .1, .01, bias = 1.2), drawn("nested", 12, c(1, 3, 5, 2), .3, .05, .03),
  drawn("nested-flat", 10, c(2, 4), .3, .04, 0, sizes = c(30, 90)), drawn("nested-mods", 24, c(1, 2, 4), .1, .03, .02, slope = .04),
  data.frame(case = "bcg", study = sprintf("s%02d", 1:13), n = bcg$n1 + bcg$n2, x1 = bcg$ablat, x2 = 0, y = c(rr$yi), v = rr$vi))
write.csv(effects, "synthesis_effects.csv", row.names = FALSE, quote = FALSE)
of <- function(name) effects[effects$case == name, ]

for (name in c("mixed", "four", "three", "alike", "bcg", "moderated")) {
  d <- of(name)
  for (m in c("REML", "ML", "DL", "PM")) {
    f <- rma(y, v, data = d, method = m, control = FINE)
    add(name, paste0("tau2_", m), f$tau2, sprintf('rma(method = "%s")$tau2', m))
    add(name, paste0("wald_", m), c(f$beta, f$se, f$ci.lb, f$ci.ub, f$pval), sprintf('rma(method = "%s"): beta, se, ci.lb, ci.ub, pval', m))
  }
  for (t in c("knha", "adhoc")) {
    f <- rma(y, v, data = d, method = "REML", test = t, control = FINE)
    add(name, t, c(f$beta, f$se, f$ci.lb, f$ci.ub, f$pval, f$ddf), sprintf('rma(method = "REML", test = "%s"): beta, se, ci.lb, ci.ub, pval, ddf', t))
    p <- predict(f); r <- predict(f, pi.type = "riley")
    add(name, paste0("prediction_", t), c(p$pi.lb, p$pi.ub), sprintf('predict(rma(test = "%s"))', t))
    add(name, paste0("riley_", t), c(r$pi.lb, r$pi.ub), sprintf('predict(rma(test = "%s"), pi.type = "riley")', t))
  }
  f <- rma(y, v, data = d, method = "REML", test = "knha", control = FINE)
  w <- rma(y, v, data = d, method = "REML", control = FINE)
  p <- predict(w)
  add(name, "prediction_z", c(p$pi.lb, p$pi.ub), "predict(rma())")
  add(name, "heterogeneity", c(f$QE, f$QEp, f$I2, f$H2), "rma(): QE, QEp, I2, H2")
  ci <- confint(w, control = list(tol = 1e-14, tau2.max = 1000))$random
  add(name, "tau2_limits", ci["tau^2", c("ci.lb", "ci.ub")], "confint(rma(), control = list(tol = 1e-14))")
  add(name, "i2_limits", ci["I^2(%)", c("ci.lb", "ci.ub")], "confint(rma())")
  add(name, "weights", weights(f) / 100, "weights(rma()) / 100")
  b <- blup(f)
  for (part in c("pred", "se", "pi.lb", "pi.ub")) add(name, paste0("blup_", part), b[[part]], 'blup(rma(test = "knha"))')
  e <- rma(y, v, data = d, method = "FE")
  add(name, "fixed", c(e$beta, e$se, e$ci.lb, e$ci.ub, e$pval), 'rma(method = "FE"): beta, se, ci.lb, ci.ub, pval')
  if (name == "three") next  # two studies are left without one
  l <- leave1out(f)
  for (part in c("estimate", "se", "ci.lb", "ci.ub", "tau2", "I2", "Q")) add(name, paste0("without_", part), l[[part]], 'leave1out(rma(test = "knha"))')
  inf <- influence(f)$inf
  for (part in c("rstudent", "dffits", "cook.d", "cov.r", "hat")) add(name, paste0("influence_", part), inf[[part]], 'influence(rma(test = "knha"))')
}

for (name in c("moderated", "bcg")) {
  d <- of(name)
  mods <- if (name == "bcg") list(~ x1) else list(~ x1, ~ x1 + x2)
  for (j in seq_along(mods)) {
    f <- rma(y, v, mods = mods[[j]], data = d, method = "REML", test = "knha", control = FINE)
    n <- rma(y, v, data = d, method = "REML", control = FINE)
    label <- paste0("regression", j)
    add(name, paste0(label, "_b"), f$beta, "rma(mods, test = knha)$beta"); add(name, paste0(label, "_se"), f$se, "rma(mods, test = knha)$se")
    add(name, paste0(label, "_p"), f$pval, "rma(mods, test = knha)$pval")
    add(name, paste0(label, "_low"), f$ci.lb, "rma(mods, test = knha)$ci.lb"); add(name, paste0(label, "_high"), f$ci.ub, "rma(mods, test = knha)$ci.ub")
    add(name, label, c(f$QM, f$QMp, f$ddf, f$tau2, f$QE, f$QEp, f$I2, f$R2), "rma(mods, test = knha): QM, QMp, ddf, tau2, QE, QEp, I2, R2")
    add(name, paste0(label, "_r2"), max(0, (n$tau2 - f$tau2) / n$tau2), "(rma()$tau2 - rma(mods)$tau2) / rma()$tau2")
    p <- predict(f, newmods = if (j == 1) 5 else c(5, 1))
    add(name, paste0(label, "_predicted"), c(p$pred, p$se, p$ci.lb, p$ci.ub, p$pi.lb, p$pi.ub), "predict(rma(mods), newmods): pred, se, ci, pi")
  }
}

for (name in c("biased", "moderated", "mixed", "bcg")) {
  d <- of(name)
  f <- rma(y, v, data = d, method = "REML", test = "knha", control = FINE)
  r <- regtest(f, model = "lm", predictor = "sei")
  add(name, "egger", c(r$zval, r$dfs, r$pval, r$est, r$ci.lb, r$ci.ub), 'regtest(rma(), model = "lm", predictor = "sei"): zval, dfs, pval, est, ci')
  d$s <- sqrt(d$v)
  pet <- summary(lm(y ~ s, weights = 1 / v, data = d))$coefficients; peese <- summary(lm(y ~ v, weights = 1 / v, data = d))$coefficients
  add(name, "pet", t(pet), "summary(lm(y ~ sqrt(v), weights = 1 / v))$coefficients"); add(name, "peese", t(peese), "summary(lm(y ~ v, weights = 1 / v))$coefficients")
  for (side in c("left", "right")) {
    t <- trimfill(f, side = side, test = "knha", control = FINE)
    add(name, paste0("trimfill_", side), c(t$k0, t$se.k0, t$beta, t$se, t$ci.lb, t$ci.ub, t$tau2), sprintf('trimfill(rma(test = "knha"), side = "%s", test = "knha"): k0, se.k0, beta, se, ci, tau2', side))
  }
  t <- trimfill(f, test = "knha", control = FINE)
  add(name, "trimfill", c(t$k0, t$beta, t$side == "left"), 'trimfill(rma(test = "knha"), test = "knha"): k0, beta, side is left')
}

TIGHT <- list(optimizer = "optim", optmethod = "BFGS", reltol = 1e-16, maxit = 10000)
for (name in c("nested", "nested-flat", "nested-mods")) {
  d <- of(name); d$effect <- seq_len(nrow(d))
  for (rho in c(0, .6)) {
    V <- if (rho == 0) diag(d$v) else impute_covariance_matrix(d$v, d$study, r = rho, return_list = FALSE)
    mods <- if (name == "nested-mods") ~ x1 else ~ 1
    f <- rma.mv(y, V, mods = mods, random = ~ 1 | study / effect, data = d, method = "REML", sparse = FALSE, control = TIGHT)
    label <- sprintf("rho%g", rho)
    add(name, paste0(label, "_sigma2"), f$sigma2, "rma.mv(y, V, random = ~ 1 | study / effect)$sigma2")
    add(name, paste0(label, "_b"), f$beta, "rma.mv()$beta"); add(name, paste0(label, "_se"), f$se, "rma.mv()$se")
    add(name, paste0(label, "_loglik"), logLik(f), "logLik(rma.mv())")
    add(name, paste0(label, "_q"), c(f$QE, f$QEp), "rma.mv(): QE, QEp")
    c2 <- coef_test(f, vcov = "CR2", cluster = d$study, test = "Satterthwaite")
    add(name, paste0(label, "_cr2_se"), c2$SE, 'coef_test(rma.mv(), vcov = "CR2")$SE'); add(name, paste0(label, "_cr2_df"), c2$df_Satt, 'coef_test(rma.mv(), vcov = "CR2")$df')
    add(name, paste0(label, "_cr2_p"), c2$p_Satt, 'coef_test(rma.mv(), vcov = "CR2")$p')
    ci <- conf_int(f, vcov = "CR2", cluster = d$study)
    add(name, paste0(label, "_cr2_low"), ci$CI_L, 'conf_int(rma.mv(), vcov = "CR2")'); add(name, paste0(label, "_cr2_high"), ci$CI_U, 'conf_int(rma.mv(), vcov = "CR2")')
  }
}
for (name in c("nested", "nested-mods")) {  # components given: no search stands between the figures and ours
  d <- of(name); d$effect <- seq_len(nrow(d))
  V <- impute_covariance_matrix(d$v, d$study, r = .6, return_list = FALSE)
  mods <- if (name == "nested-mods") ~ x1 else ~ 1
  f <- rma.mv(y, V, mods = mods, random = ~ 1 | study / effect, sigma2 = c(.05, .03), data = d, sparse = FALSE)
  add(name, "given_b", f$beta, "rma.mv(sigma2 = c(.05, .03))$beta"); add(name, "given_model_se", f$se, "rma.mv(sigma2 = c(.05, .03))$se")
  add(name, "given_loglik", logLik(f), "logLik(rma.mv(sigma2 = c(.05, .03)))")
  c2 <- coef_test(f, vcov = "CR2", cluster = d$study, test = "Satterthwaite")
  add(name, "given_se", c2$SE, 'coef_test(rma.mv(sigma2), vcov = "CR2")$SE'); add(name, "given_df", c2$df_Satt, 'coef_test(rma.mv(sigma2), vcov = "CR2")$df')
  add(name, "given_p", c2$p_Satt, 'coef_test(rma.mv(sigma2), vcov = "CR2")$p')
  if (name == "nested") { p <- predict(f); add(name, "given_normal_prediction", c(p$pi.lb, p$pi.ub), "predict(rma.mv(sigma2))") }
}
write.csv(figures, "synthesis_figures.csv", row.names = FALSE)
