using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Simulation.Tests.Relays;

/// <summary>A relay across its starts: its name, its disk, and what it has said it holds.</summary>
internal sealed class SimulatedRelay(string name, Simulator simulator, SimulatedNetwork network)
{
    private RelayProcess? _process;
    private SimulatedDisk _disk = new();

    public static NetworkOptions Network { get; } = new() { Network = "sim", ShardBits = 1 };

    public string Name => name;

    public RelayRecord Record { get; } = new();

    public bool IsUp => _process is not null;

    /// <summary>Until when its disk has been full last; for ever while it is.</summary>
    public TimeSpan FullUntil { get; private set; } = TimeSpan.MinValue;

    /// <summary>Starts, unless it is up. A disk that fails during recovery loses power, and the start is tried again.</summary>
    /// <param name="promises">Hears of what it gossips.</param>
    /// <param name="failingCall">Which change to the disk fails; 0 for none.</param>
    public void Start(GossipPromises promises, int failingCall = 0)
    {
        if (IsUp)
        {
            return;
        }

        var disk = _disk;
        disk.Before = _ => --failingCall == 0 ? DiskFault.InputOutput : null;
        try
        {
            _process = new RelayProcess(simulator, network, promises, this, disk);
        }
        catch (DChatException failure) when (failure.Code == "log-unwritable")
        {
            simulator.Note($"{name} does not start");
            _disk = disk.LosePower(simulator.Random);
            Start(promises);
        }
    }

    /// <summary>Messages of one topic come in by push; nobody answers while the relay is down.</summary>
    public void Push(EnvelopeBatch envelopes, Action<OfferResult[]> answer) => _process?.Offer(envelopes, Door.Push, answer);

    /// <summary>The power goes: of what was not synced all, none or some is lost.</summary>
    public void LosePower() => End("loses power", () => _disk.LosePower(simulator.Random));

    /// <summary>As by kill -9.</summary>
    public void Kill() => End("is killed", () => _disk.KillProcess());

    /// <summary>Ends as it should: what is in the log is finished and the index written down.</summary>
    public void Stop() => End("stops", () => null);

    /// <summary>The next sync fails, and the log with it.</summary>
    public void FailSync()
    {
        if (_process is { } process)
        {
            process.Syncs.IsNextFailing = true;
        }
    }

    /// <summary>The disk takes no more bytes than it has, until it has room again.</summary>
    public void SetFull(bool isFull)
    {
        if (isFull != (FullUntil == TimeSpan.MaxValue))
        {
            simulator.Note($"{name} has {(isFull ? "no room" : "room")}");
            _disk.Capacity = isFull ? _disk.Used : long.MaxValue;
            FullUntil = isFull ? TimeSpan.MaxValue : simulator.Now;
        }
    }

    private void End(string how, Func<SimulatedDisk?> next)
    {
        if (_process is not { } process)
        {
            return;
        }

        simulator.Note($"{name} {how}");
        SetFull(false);
        _process = null;
        network.Down(name);
        var disk = next();
        process.End();
        _disk = disk ?? _disk;
    }
}
