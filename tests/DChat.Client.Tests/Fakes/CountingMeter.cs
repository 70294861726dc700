using System.Diagnostics.Metrics;
using DChat.Abstractions.Diagnostics;

namespace DChat.Client.Tests.Fakes;

/// <summary>Counts one instrument by a tag; other tests may count at the same time, so only growth of rare tags tells.</summary>
internal sealed class CountingMeter : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string, string), long> _counts = [];
    private readonly MeterListener _listener = new();

    public CountingMeter(string instrument)
    {
        _listener.InstrumentPublished = (published, listener) =>
        {
            if (published.Meter.Name == DChatTelemetry.Name && published.Name == instrument)
            {
                listener.EnableMeasurementEvents(published);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            lock (_gate)
            {
                foreach (var (key, tag) in tags)
                {
                    _counts[(key, tag!.ToString()!)] = _counts.GetValueOrDefault((key, tag.ToString()!)) + value;
                }
            }
        });
        _listener.Start();
    }

    public long Of(string key, string value)
    {
        lock (_gate)
        {
            return _counts.GetValueOrDefault((key, value));
        }
    }

    public void Dispose() => _listener.Dispose();
}
