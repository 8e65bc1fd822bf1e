# Figures of survey and metafor that tests/methods/test_small_area_declared.py compares with: means of départements whose
# samples are small, by Fay and Herriot's model on their inhabitants and numbers of communes.
#   Rscript small_area_declared.R   (R 4.2.2, survey 4.1.1, metafor 3.8.1)   reads small_area_places.csv (of the package's
#   geography), writes small_area_people.csv and small_area_declared_figures.csv
suppressPackageStartupMessages({ library(survey); library(metafor) })
options(digits = 15)
set.seed(20260601)
places <- read.csv("small_area_places.csv", colClasses = c(departement = "character", commune = "character"))
places$level <- 20 + 2 * log(places$population) - 1.5 * log(places$communes) + rnorm(nrow(places), 0, 1.5)
n <- sample(12:60, nrow(places), TRUE)
people <- places[rep(seq_len(nrow(places)), n), c("departement", "commune", "level")]
people$weight <- round(runif(nrow(people), 1, 4), 2)
people$y <- round(people$level + rnorm(nrow(people), 0, 9), 2)
people$unit <- sprintf("u%04d", seq_len(nrow(people)))
write.csv(people[, c("unit", "commune", "weight", "y")], "small_area_people.csv", row.names = FALSE, quote = FALSE)
design <- svydesign(ids = ~1, weights = ~weight, data = people)
direct <- svyby(~y, ~departement, design, svymean)
stopifnot(identical(as.character(direct$departement), places$departement))
places$y <- direct$y; places$own <- direct$se^2; places$n <- as.vector(table(people$departement)[places$departement])
gvf <- lm(log(own) ~ log(n), data = places)
places$smoothed <- exp(fitted(gvf)) * sum(places$own) / sum(exp(fitted(gvf)))
figures <- NULL
for (variances in c("own", "smoothed")) {
  places$psi <- places[[variances]]
  fit <- rma(yi = y, vi = psi, mods = ~ log(population) + log(communes), data = places, method = "REML", control = list(threshold = 1e-14, maxiter = 1000))
  A <- fit$tau2; V <- vcov(fit); X <- cbind(1, log(places$population), log(places$communes)); gamma <- A / (A + places$psi)
  value <- gamma * places$y + (1 - gamma) * as.vector(X %*% coef(fit))
  stopifnot(A > 0, max(abs(blup(fit)$pred - value)) < 1e-8)
  mse <- gamma * places$psi + (1 - gamma)^2 * rowSums((X %*% V) * X) + 2 * places$psi^2 / (A + places$psi)^3 * 2 / sum(1 / (A + places$psi)^2)
  figures <- rbind(figures, data.frame(variances, departement = places$departement, value = sprintf("%.15g", value), se = sprintf("%.15g", sqrt(mse)),
    call = "rma(y, psi, mods = ~ log(population) + log(communes), method = \"REML\"); g1 + g2 + 2 g3"))
}
write.csv(figures, "small_area_declared_figures.csv", row.names = FALSE)
