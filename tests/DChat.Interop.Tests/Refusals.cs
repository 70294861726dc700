using System.Diagnostics.Metrics;
using System.Threading.Channels;

namespace DChat.Interop.Tests;

/// <summary>The reasons for which one host refused connections, as its metric tells them.</summary>
internal sealed class Refusals : IMeterFactory
{
    private readonly Channel<string> _reasons = Channel.CreateUnbounded<string>();
    private readonly MeterListener _listener = new();

    public Refusals()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == this && instrument.Name == "dchat.libp2p.connections.refused")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) => _reasons.Writer.TryWrite((string)tags[0].Value!));
        _listener.Start();
    }

    public Meter Create(MeterOptions options) => new(options.Name, options.Version, options.Tags, scope: this);

    public async Task<string> NextAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(JsProcess.Patience);
        return await _reasons.Reader.ReadAsync(patience.Token);
    }

    public void Dispose() => _listener.Dispose();
}
