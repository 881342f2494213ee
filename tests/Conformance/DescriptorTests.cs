using Xunit;

namespace DaxEmu.Conformance;

/// <summary>What a program does with descriptors does not disturb the device: programs/descriptors.c.</summary>
public sealed class DescriptorTests(Machine machine)
{
    [Theory]
    [InlineData("duplicated", "the device stays open as long as a duplicate is")]
    [InlineData("numbers-taken", "the program may use every descriptor number that is not its device's")]
    [InlineData("others-closed", "the program may close every number that is not its device's")]
    [InlineData("all-closed", "a closed device is EBADF, and can be opened again")]
    [InlineData("forked", "parent and child may both go on with the device")]
    [InlineData("executed", "exec closes the device; a program that inherits it does no harm with it")]
    [InlineData("passed-on", "a descriptor that came over a socket is as good as a duplicate")]
    [InlineData("passed-to-stranger", "a process that did not open the device is refused")]
    [InlineData("taken-over", "a number is what it was made last")]
    [InlineData("not-ready", "post_send below RTS is EINVAL")]
    public async Task The_device_works_whatever_happens_to_numbers(string what, string rule)
    {
        string program = await machine.CompileAsync("descriptors");

        ProgramResult result = await machine.RunAsync(program, what);

        Assert.True(result.ExitStatus == 0, $"{rule}: not so.\n{result.Text}");
    }
}
