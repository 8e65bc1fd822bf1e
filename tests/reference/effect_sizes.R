# Effect sizes that tests/methods/synthesis compares with.
#   Rscript effect_sizes.R   (R 4.2.2, metafor 3.8.1, effectsize 0.8.3, survival 3.5-3)   writes effect_sizes_figures.csv
# Each figure stands with the call that gave it. Limits of the noncentral t are had by uniroot on R's own pt to 1e-13:
# effectsize searches them with a tolerance of about 1e-4 only; its figures stand beside, to be met to that precision.
suppressPackageStartupMessages({ library(metafor); library(effectsize); library(survival) })
options(digits = 15, scipen = -3)
figures <- NULL
add <- function(case, figure, value, call) {
  figures <<- rbind(figures, data.frame(case, figure, value = as.vector(value), call))
}
ncp <- function(t, df, p) uniroot(function(x) pt(t, df, x) - p, t + c(-12, 12), tol = 1e-13)$root

groups <- data.frame(
  case = c("small", "unequal", "negative", "large", "strong"),
  m1 = c(23.1, 14.2, 3.3, 50.31, 12.0), sd1 = c(4.2, 3.9, 1.2, 11.8, 2.0), n1 = c(8, 40, 15, 900, 25),
  m2 = c(20.4, 13.1, 4.6, 49.02, 5.5), sd2 = c(5.1, 4.4, 2.9, 12.3, 2.2), n2 = c(9, 12, 60, 850, 24))
for (i in seq_len(nrow(groups))) with(groups[i, ], {
  g <- escalc("SMD", m1i = m1, sd1i = sd1, n1i = n1, m2i = m2, sd2i = sd2, n2i = n2)
  add(case, "g", g$yi, 'escalc("SMD")$yi'); add(case, "g_variance", g$vi, 'escalc("SMD")$vi')
  add(case, "g_variance_unbiased", escalc("SMD", m1i = m1, sd1i = sd1, n1i = n1, m2i = m2, sd2i = sd2, n2i = n2,
    vtype = "UB")$vi, 'escalc("SMD", vtype = "UB")$vi')
  s <- escalc("SMD1", m1i = m1, sd1i = sd1, n1i = n1, m2i = m2, sd2i = sd2, n2i = n2)
  add(case, "glass", s$yi, 'escalc("SMD1")$yi'); add(case, "glass_variance", s$vi, 'escalc("SMD1")$vi')
  df <- n1 + n2 - 2
  sp <- sqrt(((n1 - 1) * sd1^2 + (n2 - 1) * sd2^2) / df)
  h <- sqrt(1 / n1 + 1 / n2)
  t <- (m1 - m2) / (sp * h)
  j <- g$yi / (t * h)
  add(case, "g_low", j * h * ncp(t, df, .975), "J sqrt(1/n1+1/n2) uniroot(pt(t, df, x) - .975)")
  add(case, "g_high", j * h * ncp(t, df, .025), "J sqrt(1/n1+1/n2) uniroot(pt(t, df, x) - .025)")
})
set.seed(20260201)
x <- round(rnorm(30, 52, 10), 1); y <- round(rnorm(25, 47, 9), 1)
sample <- data.frame(group = rep(c("treated", "control"), c(30, 25)), value = c(x, y))
write.csv(sample, "effect_sizes_sample.csv", row.names = FALSE, quote = FALSE)
e <- effectsize::hedges_g(x, y)
add("sample", "effectsize_g", e$Hedges_g, "hedges_g(x, y)")
add("sample", "effectsize_low", e$CI_low, "hedges_g(x, y)"); add("sample", "effectsize_high", e$CI_high, "hedges_g(x, y)")
add("sample", "cliff", effectsize::cliffs_delta(x, y, verbose = FALSE)$r_rank_biserial, "cliffs_delta(x, y)")
dfb <- survival::concordance(as.integer(group == "treated") ~ value, sample)
add("sample", "cliff_jackknife_variance", 4 * dfb$var, "4 * concordance(group ~ value)$var")
a <- c(1, 2, 2, 3, 3, 3, 4, 5, 5, 5); b <- c(1, 1, 2, 2, 2, 3, 4, 4)
add("ties", "cliff", effectsize::cliffs_delta(a, b, verbose = FALSE)$r_rank_biserial, "cliffs_delta(a, b)")

for (r in c(.3, .62)) {
  p <- escalc("SMCR", m1i = 55.2, m2i = 51.7, sd1i = 9.8, ni = 46, ri = r)
  add(sprintf("smcr%g", r), "g", p$yi, 'escalc("SMCR")$yi'); add(sprintf("smcr%g", r), "variance", p$vi, 'escalc("SMCR")$vi')
}
q <- escalc("SMCR", m1i = 50.4, m2i = 50.1, sd1i = 10.4, ni = 44, ri = .55)
add("smcr-control", "g", q$yi, 'escalc("SMCR")$yi'); add("smcr-control", "variance", q$vi, 'escalc("SMCR")$vi')

tables <- data.frame(case = c("bcg1", "zero", "common", "small"), ai = c(4, 0, 56, 3), n1i = c(123, 20, 70, 9),
  ci = c(11, 4, 48, 1), n2i = c(139, 22, 80, 11))
for (i in seq_len(nrow(tables))) with(tables[i, ], {
  for (m in c("OR", "RR", "RD")) {
    e <- escalc(m, ai = ai, n1i = n1i, ci = ci, n2i = n2i)
    add(case, m, e$yi, sprintf('escalc("%s")$yi', m)); add(case, paste0(m, "_variance"), e$vi, sprintf('escalc("%s")$vi', m))
  }
  f <- fisher.test(matrix(c(ai, ci, n1i - ai, n2i - ci), 2))  # its uniroot stops at 1.2e-4: both ends met again below
  m <- ai + ci; s <- max(0, m - n2i):min(n1i, m)
  law <- function(o) { d <- dhyper(s, n1i, n2i, m, log = TRUE) + o * s; d <- exp(d - max(d)); d / sum(d) }
  root <- function(f) uniroot(f, c(-30, 30), tol = 1e-14)$root
  if (ai > min(s) && ai < max(s)) {
    add(case, "fisher", log(f$estimate), "log(fisher.test()$estimate)")
    add(case, "fisher_low", log(f$conf.int[1]), "log(fisher.test()$conf.int)")
    add(case, "fisher_high", log(f$conf.int[2]), "log(fisher.test()$conf.int)")
    add(case, "exact", root(function(o) sum(s * law(o)) - ai), "uniroot on dhyper: conditional mean")
    add(case, "exact_low", root(function(o) sum(law(o)[s >= ai]) - .025), "uniroot on dhyper: upper tail")
    add(case, "exact_high", root(function(o) sum(law(o)[s <= ai]) - .025), "uniroot on dhyper: lower tail")
  }
  w1 <- suppressWarnings(prop.test(ai, n1i, correct = FALSE)$conf.int); w2 <- suppressWarnings(prop.test(ci, n2i, correct = FALSE)$conf.int)
  p1 <- ai / n1i; p2 <- ci / n2i
  add(case, "RD_low", p1 - p2 - sqrt((p1 - w1[1])^2 + (w2[2] - p2)^2), "prop.test(correct = FALSE), Newcombe 1998 method 10")
  add(case, "RD_high", p1 - p2 + sqrt((w1[2] - p1)^2 + (p2 - w2[1])^2), "prop.test(correct = FALSE), Newcombe 1998 method 10")
})
o <- escalc("OR2DL", ai = 56, n1i = 70, ci = 48, n2i = 80)
add("conversion", "smd_of_log_odds", o$yi, 'escalc("OR2DL")$yi'); add("conversion", "smd_of_log_odds_variance", o$vi, 'escalc("OR2DL")$vi')
add("conversion", "correlation_of_smd", d_to_r(.42, n1 = 30, n2 = 45), "d_to_r(.42, 30, 45)")
add("conversion", "risk_ratio", oddsratio_to_riskratio(2.3, p0 = .31), "oddsratio_to_riskratio(2.3, .31)")
z <- escalc("ZCOR", ri = .37, ni = 41)
add("conversion", "fisher_z", z$yi, 'escalc("ZCOR")$yi'); add("conversion", "fisher_z_variance", z$vi, 'escalc("ZCOR")$vi')
add("conversion", "superiority", d_to_p_superiority(.42)[[1]], "d_to_p_superiority(.42)")
add("conversion", "u3", d_to_u3(.42)[[1]], "d_to_u3(.42)")
add("conversion", "overlap", d_to_overlap(.42)[[1]], "d_to_overlap(.42)")
d <- t.test(x, y, var.equal = TRUE)
add("sample", "d_of_t", effectsize::cohens_d(x, y)$Cohens_d, "cohens_d(x, y)"); add("sample", "t", d$statistic, "t.test(var.equal)")
write.csv(figures, "effect_sizes_figures.csv", row.names = FALSE)
