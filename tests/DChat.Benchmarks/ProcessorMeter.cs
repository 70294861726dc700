using System.Diagnostics;

namespace DChat.Benchmarks;

/// <summary>Processor time, user and system, that processes use from now on.</summary>
internal sealed class ProcessorMeter
{
    private readonly int[] _processes;
    private readonly TimeSpan _before;

    private ProcessorMeter(int[] processes)
    {
        _processes = processes;
        _before = Total();
    }

    /// <summary>Starts to measure this process.</summary>
    public static ProcessorMeter OfThis() => new([Environment.ProcessId]);

    /// <summary>Starts to measure other processes, together. All of them must outlive the last question.</summary>
    public static ProcessorMeter Of(IEnumerable<int> processes) => new([.. processes]);

    /// <summary>What they have used so far.</summary>
    public TimeSpan Used => Total() - _before;

    /// <summary>Microseconds used so far for each of so many messages.</summary>
    public double MicrosecondsPer(int messages) => Used.TotalMicroseconds / messages;

    private TimeSpan Total()
    {
        var sum = TimeSpan.Zero;
        foreach (var id in _processes)
        {
            using var process = Process.GetProcessById(id);
            sum += process.TotalProcessorTime;
        }

        return sum;
    }
}
