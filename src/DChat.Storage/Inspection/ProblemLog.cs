using Microsoft.Extensions.Logging;

namespace DChat.Storage.Inspection;

/// <summary>Keeps what the log complains of: it names file and offset.</summary>
internal sealed class ProblemLog : ILogger
{
    private readonly Lock _gate = new();
    private readonly List<string> _problems = [];

    /// <summary>What it complained of since the last call.</summary>
    public IReadOnlyList<string> Take()
    {
        lock (_gate)
        {
            string[] taken = [.. _problems];
            _problems.Clear();
            return taken;
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            lock (_gate)
            {
                _problems.Add(formatter(state, exception));
            }
        }
    }
}
