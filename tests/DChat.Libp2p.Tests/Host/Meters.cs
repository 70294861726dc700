using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace DChat.Libp2p.Tests.Host;

/// <summary>What one host measures, and nobody else in the process.</summary>
internal sealed class Meters : IMeterFactory
{
    private readonly List<Meter> _made = [];
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _sums = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Meters()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == this)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((i, value, tags, _) => Add(i, value, tags));
        _listener.SetMeasurementEventCallback<int>((i, value, tags, _) => Add(i, value, tags));
        _listener.Start();
    }

    /// <summary>The sum of an instrument of the host, by the value of its first tag if it has one: <c>connections.refused/gated</c>.</summary>
    public long this[string name] => _sums.GetValueOrDefault("dchat.libp2p." + name);

    /// <summary>Connections refused, for whatever reason.</summary>
    public long Refused => _sums.Where(s => s.Key.StartsWith("dchat.libp2p.connections.refused/", StringComparison.Ordinal)).Sum(s => s.Value);

    /// <summary>Asks instruments that are read when somebody looks; once, since what they say is added up too.</summary>
    public void Observe() => _listener.RecordObservableInstruments();

    /// <summary>Completes when a sum has come to a value or beyond.</summary>
    public async Task ReachesAsync(string name, long value)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TestNetwork.Patience);
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                changed = _changed.Task;
            }

            if (this[name] >= value)
            {
                return;
            }

            try
            {
                await changed.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException e)
            {
                throw new TimeoutException($"{name} is {this[name]} and not {value}; there are {string.Join(", ", _sums)}.", e);
            }
        }
    }

    public Task RefusedAsync(string reason, long times = 1) => ReachesAsync($"connections.refused/{reason}", times);

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(options.Name, options.Version, options.Tags, scope: this);
        _made.Add(meter);
        return meter;
    }

    public void Dispose()
    {
        _listener.Dispose();
        _made.ForEach(m => m.Dispose());
    }

    private void Add(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        _sums.AddOrUpdate(tags.IsEmpty ? instrument.Name : $"{instrument.Name}/{tags[0].Value}", value, (_, sum) => sum + value);
        lock (_gate)
        {
            _changed.TrySetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
