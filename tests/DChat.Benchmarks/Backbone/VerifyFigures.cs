namespace DChat.Benchmarks.Backbone;

/// <summary>What these cores do when they verify messages and do nothing else: what every relay is compared with.</summary>
/// <param name="Rate">Messages a second.</param>
/// <param name="Microseconds">Processor time of a message.</param>
internal readonly record struct VerifyFigures(double Rate, double Microseconds)
{
    /// <summary>Verifies a corpus on all cores.</summary>
    public static VerifyFigures Measure(Corpus corpus)
    {
        var processor = ProcessorMeter.OfThis();
        var rate = RelayFigures.VerifyOnly(corpus);
        return new VerifyFigures(rate, processor.MicrosecondsPer(corpus.Count));
    }
}
