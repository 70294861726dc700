namespace DChat.Libp2p.Protocols.Gossip.Scoring;

/// <summary>Checks the parameters of scores; every fault names the option and its range.</summary>
internal sealed class ScoreRules
{
    private readonly List<string> _faults = [];

    internal IReadOnlyList<string> Faults => _faults;

    internal void AtLeast(string name, double value, double least) =>
        Require(double.IsFinite(value) && value >= least, FormattableString.Invariant($"{name} must be at least {least}."));

    internal void AtMost(string name, double value, double most) =>
        Require(double.IsFinite(value) && value <= most, FormattableString.Invariant($"{name} must be at most {most}."));

    internal void MoreThanZero(string name, double value) => Require(double.IsFinite(value) && value > 0, $"{name} must be more than 0.");

    internal void Decay(string name, double value) => Require(value is > 0 and < 1, $"{name} must be above 0 and below 1.");

    internal void AtLeast(string name, TimeSpan value, TimeSpan least) => Require(value >= least, $"{name} must be at least {least}.");

    internal void Between(string name, TimeSpan value, TimeSpan least, TimeSpan most) =>
        Require(value >= least && value <= most, $"{name} must be {least} to {most}.");

    internal void Between(string name, int value, int least, int most) =>
        Require(value >= least && value <= most, FormattableString.Invariant($"{name} must be {least} to {most}."));

    private void Require(bool holds, string fault)
    {
        if (!holds)
        {
            _faults.Add(fault);
        }
    }
}
