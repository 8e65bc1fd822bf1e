# Figures of R that tests/methods/measures compares with, on answers made here.
#   Rscript measures.R     (R 4.2.2; psych 2.2.9, lavaan 0.6-14, ordinal 2022.11-16, rms 6.5-0)
# Writes beside itself: measures_answers.csv (answers to six items by arm and wave), measures_retest.csv (two
# measurements of the same people), measures_coders.csv (codes of two coders) and measures_figures.csv (each figure with
# the call that gave it; item is empty where the figure is about the scale).
suppressPackageStartupMessages({library(psych); library(lavaan); library(ordinal); library(rms)})
options(digits = 16)

set.seed(20261125)
n <- 400
arm <- rep(c("control", "treated"), each = n / 2)
trait <- rnorm(n, ifelse(arm == "treated", 0.3, 0), ifelse(arm == "treated", 1.2, 1))
loading <- c(0.9, 0.8, 0.7, 0.75, 0.6, 0.5)
cut <- function(y) as.integer(base::cut(y, c(-Inf, -1.2, -0.4, 0.4, 1.2, Inf)))
answers <- sapply(1:6, function(j) {
  extra <- if (j == 3) 0.8 * (arm == "treated") else 0                   # item 3: uniform bias
  slope <- if (j == 6) ifelse(arm == "treated", 0.1, 0.9) else loading[j] # item 6: bias that grows with the trait
  cut(slope * trait + extra + rnorm(n, 0, 0.8))
})
colnames(answers) <- paste0("q", 1:6)
data <- data.frame(arm, answers)
write.csv(data, "measures_answers.csv", row.names = FALSE, quote = FALSE)

figures <- NULL
add <- function(case, figure, value, call, item = "") {
  figures <<- rbind(figures, data.frame(case, figure, item, value = sprintf("%.17g", as.vector(value)), call))
}
items <- data[, -1]

# ---- alpha, Feldt's interval, items
a <- suppressWarnings(psych::alpha(items, check.keys = FALSE))
add("alpha", "value", a$total$raw_alpha, "psych::alpha(items)$total$raw_alpha")
ci <- psych::alpha.ci(a$total$raw_alpha, n.obs = n, n.var = 6)
add("alpha", "low", ci$lower.ci, "psych::alpha.ci(raw_alpha, n.obs = 400, n.var = 6)$lower.ci")
add("alpha", "high", ci$upper.ci, "psych::alpha.ci(raw_alpha, n.obs = 400, n.var = 6)$upper.ci")
for (j in 1:6) {
  add("alpha", "rest_correlation", a$item.stats$r.drop[j], "psych::alpha(items)$item.stats$r.drop", names(items)[j])
  add("alpha", "alpha_if_dropped", a$alpha.drop$raw_alpha[j], "psych::alpha(items)$alpha.drop$raw_alpha", names(items)[j])
}

# ---- omega of one factor, by lavaan's defined parameter; the logit interval from its standard error
model <- "f =~ l1*q1 + l2*q2 + l3*q3 + l4*q4 + l5*q5 + l6*q6
  q1 ~~ e1*q1\n q2 ~~ e2*q2\n q3 ~~ e3*q3\n q4 ~~ e4*q4\n q5 ~~ e5*q5\n q6 ~~ e6*q6
  omega := (l1+l2+l3+l4+l5+l6)^2 / ((l1+l2+l3+l4+l5+l6)^2 + e1+e2+e3+e4+e5+e6)"
fit <- cfa(model, items, std.lv = TRUE, optim.method = "GN", optim.gn.tol.x = 1e-13, optim.gn.iter.max = 1000)
pe <- parameterEstimates(fit)
w <- pe[pe$label == "omega", ]
call <- "lavaan::cfa(one factor, std.lv = TRUE), omega := (sum l)^2/((sum l)^2 + sum e)"
add("omega", "value", w$est, call)
half <- qnorm(.975) * w$se / (w$est * (1 - w$est))
add("omega", "low", plogis(qlogis(w$est) - half), paste(call, "; plogis(qlogis(est) - qnorm(.975) se/(est (1 - est)))"))
add("omega", "high", plogis(qlogis(w$est) + half), paste(call, "; plogis(qlogis(est) + qnorm(.975) se/(est (1 - est)))"))
for (j in 1:6) {
  add("omega", "loading", pe$est[pe$label == paste0("l", j)], call, names(items)[j])
  add("omega", "uniqueness", pe$est[pe$label == paste0("e", j)], call, names(items)[j])
}

# ---- invariance between arms, maximum likelihood
steps <- list(configural = "", metric = "loadings", scalar = c("loadings", "intercepts"))
for (step in names(steps)) {
  fit <- cfa("f =~ q1 + q2 + q3 + q4 + q5 + q6", data, group = "arm", meanstructure = TRUE, group.equal = steps[[step]])
  m <- fitMeasures(fit, c("chisq", "df", "cfi", "rmsea"))
  call <- sprintf("lavaan::cfa(group = 'arm', group.equal = c(%s))", paste(shQuote(steps[[step]]), collapse = ", "))
  for (k in names(m)) add(step, k, m[[k]], call)
}

# ---- ordinal logistic screen: trait is the sum of the items
data$total <- rowSums(items)
for (j in 1:6) {
  y <- factor(items[[j]])
  clm.tight <- clm.control(gradTol = 1e-12, maxIter = 200)
  m0 <- clm(y ~ 1, control = clm.tight)
  m1 <- clm(y ~ total, data = data, control = clm.tight)
  m2 <- clm(y ~ total + arm, data = data, control = clm.tight)
  m3 <- clm(y ~ total * arm, data = data, control = clm.tight)
  nagelkerke <- function(m) (1 - exp(2 * (m0$logLik - m$logLik) / n)) / (1 - exp(2 * m0$logLik / n))
  call <- "ordinal::clm(item ~ total [+ arm [+ total:arm]]), logLik"
  name <- names(items)[j]
  add("dif", "uniform", 2 * (m2$logLik - m1$logLik), call, name)
  add("dif", "non_uniform", 2 * (m3$logLik - m2$logLik), call, name)
  add("dif", "both", 2 * (m3$logLik - m1$logLik), call, name)
  add("dif", "p", pchisq(2 * (m3$logLik - m1$logLik), 2, lower.tail = FALSE), call, name)
  add("dif", "r2_change", nagelkerke(m3) - nagelkerke(m1), paste(call, "; Nagelkerke"), name)
  add("dif", "r2_uniform", nagelkerke(m2) - nagelkerke(m1), paste(call, "; Nagelkerke"), name)
  add("dif", "coefficient", m2$beta[["armtreated"]], "ordinal::clm(item ~ total + arm)$beta", name)
  r <- lrm(y ~ total, data = data, eps = 1e-9)
  add("dif", "r2_rms", r$stats[["R2"]], "rms::lrm(item ~ total)$stats['R2']", name)
}
p <- as.numeric(figures$value[figures$case == "dif" & figures$figure == "p"])
for (j in 1:6) add("dif", "p_adjusted", p.adjust(p, "BH")[j], "p.adjust(p, 'BH')", names(items)[j])

# ---- test-retest
first <- round(rnorm(60, 50, 10), 1)
retest <- data.frame(first, second = round(first + 2 + rnorm(60, 0, 5), 1))
write.csv(retest, "measures_retest.csv", row.names = FALSE)
icc <- suppressWarnings(ICC(retest, lmer = FALSE))$results
add("icc", "value", icc["Single_random_raters", "ICC"], "psych::ICC(retest, lmer = FALSE)$results['Single_random_raters', ]")
add("icc", "low", icc["Single_random_raters", "lower bound"], "psych::ICC(retest, lmer = FALSE), lower bound")
add("icc", "high", icc["Single_random_raters", "upper bound"], "psych::ICC(retest, lmer = FALSE), upper bound")
add("icc", "pearson", cor(retest)[1, 2], "cor(first, second)")

# ---- two coders
one <- sample(c("a", "b", "c", "d"), 120, TRUE, c(.5, .25, .15, .1))
two <- ifelse(runif(120) < .7, one, sample(c("a", "b", "c", "d"), 120, TRUE))
coders <- data.frame(one, two)
write.csv(coders, "measures_coders.csv", row.names = FALSE, quote = FALSE)
counts <- table(factor(one, letters[1:4]), factor(two, letters[1:4]))
k <- suppressWarnings(cohen.kappa(counts, n.obs = 120))
add("kappa", "value", k$kappa, "psych::cohen.kappa(table)$kappa")
add("kappa", "variance", k$var.kappa, "psych::cohen.kappa(table)$var.kappa")
add("kappa", "weighted", k$weighted.kappa, "psych::cohen.kappa(table)$weighted.kappa (quadratic)")
linear <- 1 - abs(outer(1:4, 1:4, "-")) / 3
kl <- suppressWarnings(cohen.kappa(counts, w = linear, n.obs = 120))
add("kappa", "linear", kl$weighted.kappa, "psych::cohen.kappa(table, w = 1 - |i - j|/3)$weighted.kappa")

# ---- what a second measurement of selected people regresses by, as a double integral
regress <- function(mean, sd, r, cutoff) {           # E[Y2 - Y1 | Y1 < cutoff] for two measurements correlated at r
  inner <- function(y1) sapply(y1, function(v) {
    s <- sd * sqrt(1 - r^2); m <- mean + r * (v - mean)
    second <- integrate(function(y2) y2 * dnorm(y2, m, s), m - 12 * s, m + 12 * s, rel.tol = 1e-13)$value
    (second - v) * dnorm(v, mean, sd)
  })
  integrate(inner, mean - 14 * sd, cutoff, rel.tol = 1e-13, subdivisions = 2000)$value / pnorm(cutoff, mean, sd)
}
add("regression", "below", regress(60, 15, 0.7, 50), "integrate(E[Y2 - Y1 | Y1 < 50]), mean 60, sd 15, r 0.7")
add("regression", "above", -regress(-60, 15, 0.7, -70), "integrate(E[Y2 - Y1 | Y1 > 70]), mean 60, sd 15, r 0.7")

write.csv(figures, "measures_figures.csv", row.names = FALSE)
